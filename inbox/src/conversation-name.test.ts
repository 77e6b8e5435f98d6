import { expect, test } from "vitest";
import { conversationName, initialsOf } from "./conversation-name.ts";

const nobody = { displayName: null, userId: null, canonicalKey: "lid:b:1" };

test("a conversation is called what the API calls it, else by what is no raw LID", () => {
  expect(conversationName({ ...nobody, displayName: "Amara", userId: "US.1" })).toBe("Amara");
  expect(conversationName({ ...nobody, userId: "US.1" })).toBe("US.1");
  expect(conversationName({ ...nobody, canonicalKey: "group:b:1@g.us" })).toBe("Group");
  expect(conversationName(nobody)).toBe("Unknown customer");
});

test("initials are whole letters of any script, and never empty", () => {
  expect(initialsOf("João da Silva")).toBe("JS");
  expect(initialsOf("𝒜lpha")).toBe("𝒜");
  expect(initialsOf("+12025550111")).toBe("#");
  expect(initialsOf("👩‍🍳")).toBe("#");
});
