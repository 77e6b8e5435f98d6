import { expect, test } from "vitest";
import type { Conversation } from "./inbox-client.ts";
import { handedOverWith, ownerLine } from "./owner-line.ts";

type Owner = NonNullable<Conversation["threadOwner"]>;
const owner = (fields: Partial<Owner>): Pick<Conversation, "threadOwner" | "threadRequest"> => ({
  threadOwner: { owner: "us", role: null, toldBy: "handover", at: "2026-11-22T12:00:00Z", context: null, ...fields },
  threadRequest: null,
});

test("a chat that is ours, or of which nothing was ever said, has no line", () => {
  expect([ownerLine({ threadOwner: null, threadRequest: null }), ownerLine(owner({}))]).toEqual([undefined, undefined]);
  expect(ownerLine(owner({ owner: "nobody", toldBy: "standby" }))).toBeUndefined();
});

test("another app's chat can be asked for; a role that a newer WhatsApp gives is left out", () => {
  expect(ownerLine(owner({ owner: "other", role: "ai_agent" }))).toMatchObject({
    what: "Another app has this chat: WhatsApp’s AI agent",
    canTake: true,
  });
  expect(ownerLine(owner({ owner: "other", role: "boss" }))?.what).toBe("Another app has this chat");
});

test("what was given up waits for the customer, and what was asked for without an answer is said to be so", () => {
  expect(ownerLine(owner({ owner: "nobody", toldBy: "release" }))?.canTake).toBe(false);
  const asked = { ...owner({ owner: "other" }), threadRequest: { action: "take", role: null, at: "2026-11-22T12:00:00Z" } } as const;
  expect(ownerLine(asked)).toMatchObject({ what: "WhatsApp was asked for this chat, and has not said whether it did", canTake: true });
});

test("what the other app says of the chat is shown, whatever else it sends along", () => {
  const context = { type: "summary", summary: { text: "Wants to move an appointment." }, note: "vip" };
  expect(handedOverWith(owner({ context }))).toEqual(["Wants to move an appointment.", "vip"]);
  expect(handedOverWith(owner({ context: { summary: [1], note: " " } }))).toEqual([]);
});
