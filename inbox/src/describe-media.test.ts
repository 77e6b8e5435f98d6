import { expect, test } from "vitest";
import { describeMedia } from "./describe-media.ts";
import type { Message } from "./inbox-client.ts";

type Media = NonNullable<Message["media"]>;

const ready: Media = {
  id: "m",
  state: "ready",
  mimeType: "image/jpeg",
  fileName: null,
  bytes: 48_213,
  url: "/media/file",
  thumbnailUrl: "/media/thumbnail",
  width: 800,
  height: 600,
  error: null,
  transcript: null,
};
const message = (type: Message["type"], media: Media | null, more: Partial<Pick<Message, "content" | "revokedAt">> = {}) => ({
  type,
  media,
  content: {},
  revokedAt: null,
  ...more,
});

test("a picture is its preview, a link to itself, and its caption for those who cannot see it", () => {
  const shown = { as: "picture", url: "/media/file", previewUrl: "/media/thumbnail", width: 800, height: 600 };
  expect(describeMedia(message("image", ready, { content: { type: "image", image: { caption: "this one" } } }))).toEqual({
    ...shown,
    label: "this one",
  });
  expect(describeMedia(message("sticker", { ...ready, thumbnailUrl: null, width: null, height: null }))).toEqual({
    ...shown,
    previewUrl: "/media/file",
    width: undefined,
    height: undefined,
    label: "Sticker",
  });
});

test("what a file is decides, and not what the message called it", () => {
  const as = (type: Message["type"], mimeType: string) => describeMedia(message(type, { ...ready, mimeType }))?.as;
  expect(as("audio", "audio/ogg")).toBe("sound");
  expect(as("video", "video/mp4")).toBe("video");
  expect(as("document", "image/png")).toBe("picture");
  expect(as("image", "application/pdf")).toBe("download");
});

test.each([
  [999, "999 B"],
  [48_213, "48 kB"],
  [16_250_000, "16.3 MB"],
])("a document of %i bytes is a download with its name and %s", (bytes, size) => {
  const document: Media = { ...ready, mimeType: "application/pdf", fileName: "contract.pdf", bytes };
  expect(describeMedia(message("document", document, { content: { document: { caption: "signed" } } }))).toEqual({
    as: "download",
    url: "/media/file",
    label: "contract.pdf",
    size,
  });
});

test("a file that is not there says so, and why", () => {
  const error = { code: "expired", text: "The seven days are over." };
  const none = { ...ready, url: null, mimeType: null };
  expect(describeMedia(message("image", { ...none, state: "pending" }))).toEqual({ as: "note", text: "Loading the photo …", isBad: false });
  expect(describeMedia(message("audio", { ...none, state: "pending", error }))).toMatchObject({
    text: "The voice message is not here yet: The seven days are over.",
  });
  expect(describeMedia(message("video", { ...none, state: "failed", error }))).toMatchObject({
    text: "The video cannot be shown: The seven days are over.",
    isBad: true,
  });
  expect(describeMedia(message("document", { ...none, state: "refused" }))).toMatchObject({
    text: "The document cannot be shown: it is not there.",
  });
});

test("a message without a file, or that was taken back, shows none", () => {
  expect(describeMedia(message("text", null))).toBeUndefined();
  expect(describeMedia(message("image", ready, { revokedAt: "2026-11-30T00:00:00Z" }))).toBeUndefined();
});
