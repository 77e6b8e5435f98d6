import { expect, test } from "vitest";
import { shownContent } from "./shown-content.ts";

const message = { text: "first", type: "text", edits: [], revokedAt: null, direction: "in" } as const;
const edit = (text: string) => ({ text, sentAt: "2026-11-22T12:00:00Z" });

test("the last edit is what is read", () => {
  expect(shownContent({ ...message, edits: [edit("second"), edit("third")] })).toEqual({ text: "third", isEdited: true, isNote: false });
});

test("of a deleted message nothing is shown, not even its edits", () => {
  const shown = shownContent({ ...message, edits: [edit("second")], revokedAt: "2026-11-22T12:01:00Z" });
  expect(shown).toEqual({ text: "The customer deleted this message.", isEdited: false, isNote: true });
});

test("a message without words says what it is", () => {
  expect(shownContent({ ...message, text: null, type: "location" })).toMatchObject({
    text: "A message of the type “location”",
    isNote: true,
  });
});
