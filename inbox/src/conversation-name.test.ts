import { expect, test } from "vitest";
import { conversationName, initialsOf } from "./conversation-name.ts";

const nobody = { contactName: null, phone: null, userId: null, canonicalKey: "lid:b:1" };

test("a conversation is called by the best that is known of it", () => {
  expect(conversationName({ ...nobody, contactName: "Amara", phone: "12025550111", userId: "US.1" })).toBe("Amara");
  expect(conversationName({ ...nobody, contactName: " ", phone: "12025550111" })).toBe("+12025550111");
  expect(conversationName({ ...nobody, userId: "US.1" })).toBe("US.1");
  expect(conversationName({ ...nobody, canonicalKey: "group:b:1@g.us" })).toBe("Group");
  expect(conversationName(nobody)).toBe("Unknown customer");
});

test("a number in place of a name is shown as a number", () => {
  expect(conversationName({ ...nobody, contactName: "12025550111", phone: "12025550111" })).toBe("+12025550111");
});

test("initials are whole letters of any script, and never empty", () => {
  expect(initialsOf("João da Silva")).toBe("JS");
  expect(initialsOf("𝒜lpha")).toBe("𝒜");
  expect(initialsOf("+12025550111")).toBe("#");
  expect(initialsOf("👩‍🍳")).toBe("#");
});
