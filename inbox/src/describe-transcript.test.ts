import { expect, test } from "vitest";
import { describeTranscript } from "./describe-transcript.ts";
import type { Message } from "./inbox-client.ts";

type Transcript = NonNullable<NonNullable<Message["media"]>["transcript"]>;
const heard: Transcript = { state: "ready", text: "Do you open on Saturday?", language: "en", error: null };
const message = (transcript: Transcript | null, revokedAt: string | null = null): Pick<Message, "media" | "revokedAt"> => ({
  revokedAt,
  media: {
    ...{ id: "m", state: "ready", mimeType: "audio/ogg", fileName: null, bytes: 9_000, url: "/media/file", thumbnailUrl: null },
    ...{ width: null, height: null, error: null, transcript },
  },
});

test("the words of a voice note are shown as words, and what stands in their place as a note", () => {
  expect(describeTranscript(message(heard))).toEqual({ text: "Do you open on Saturday?", isNote: false });
  expect(describeTranscript(message({ ...heard, text: "" }))).toEqual({ text: "No words were heard.", isNote: true });
  expect(describeTranscript(message({ ...heard, state: "pending", text: null }))?.isNote).toBe(true);
  const error = { code: "too_long", text: "The voice note is longer than 600 seconds." };
  expect(describeTranscript(message({ ...heard, state: "failed", text: null, error }))).toEqual({
    text: "Not written down: The voice note is longer than 600 seconds.",
    isNote: true,
  });
});

test("nothing is said where nobody wants it, and of what was taken back", () => {
  expect(describeTranscript(message(null))).toBeUndefined();
  expect(describeTranscript(message(heard, "2026-11-30T09:00:00Z"))).toBeUndefined();
  expect(describeTranscript({ media: null, revokedAt: null })).toBeUndefined();
});
