import { expect, test } from "vitest";
import { MESSAGE_TYPES } from "../../server/src/whatsapp/message-kinds.ts";
import type { Message } from "./inbox-client.ts";
import { shownContent, wordsOf } from "./shown-content.ts";

const message = { text: "first", type: "text", edits: [], revokedAt: null, direction: "in" } as const;
const edit = (text: string) => ({ text, sentAt: "2026-11-22T12:00:00Z" });

test("the last edit is what is read", () => {
  expect(shownContent({ ...message, edits: [edit("second"), edit("third")] })).toEqual({ text: "third", isEdited: true, isNote: false });
});

test("of a deleted message nothing is shown, not even its edits", () => {
  const shown = shownContent({ ...message, edits: [edit("second")], revokedAt: "2026-11-22T12:01:00Z" });
  expect(shown).toEqual({ text: "The customer deleted this message.", isEdited: false, isNote: true });
});

test.each([...MESSAGE_TYPES, "a_kind_of_tomorrow"])("a message of the type %s without words says in words what it is", (type) => {
  for (const text of [null, "", " \n"]) {
    const shown = shownContent({ ...message, type: type as Message["type"], text });
    expect(shown).toMatchObject({ isNote: true, text: expect.stringMatching(/^[A-Z][A-Za-z ]+$/) });
    expect(shown.text).not.toContain("_");
  }
});

test("what happened is told as a note, what somebody wrote as their words", () => {
  expect(wordsOf({ type: "call", text: "Missed voice call" })).toEqual({ text: "Missed voice call", isNote: true });
  expect(wordsOf({ type: "poll_vote", text: "Voted: Rye" })).toEqual({ text: "Voted: Rye", isNote: true });
  expect(wordsOf({ type: "order", text: "Order: 3 items" })).toEqual({ text: "Order: 3 items", isNote: false });
  expect(wordsOf({ type: "image", text: "Photo: *these*" })).toEqual({ text: "Photo: *these*", isNote: false });
  expect(wordsOf({ type: "template", text: "order_update" })).toEqual({ text: "Template “order_update”", isNote: true });
  expect(wordsOf({ type: "template", text: "Your order is on its way." })).toEqual({ text: "Your order is on its way.", isNote: false });
  expect(wordsOf({ type: "unknown", text: "Message of an unknown kind: new_thing" }).text).not.toContain("new_thing");
});
