import { expect, test } from "vitest";
import { listTroubles } from "./channel-troubles.ts";
import type { Channel } from "./inbox-client.ts";

type Signal = Channel["signals"][number];

const signal = (aspect: string, health: string, more: Partial<Signal> = {}): Signal => ({
  aspect,
  state: "SAID",
  health,
  until: null,
  sentence: `Something of ${aspect}.`,
  at: "2026-11-28T10:00:00Z",
  ...more,
});

const channel = (name: string, signals: readonly Signal[], more: Partial<Channel> = {}): Channel => ({
  id: name,
  provider: "cloud",
  externalId: null,
  accountId: null,
  displayPhoneNumber: null,
  name,
  stoppedAt: null,
  stoppedReason: null,
  sendsPerSecond: 80,
  sendsInARow: 10,
  heldUntil: null,
  heldReason: null,
  createdAt: "2026-11-01T10:00:00Z",
  health: "ok",
  signals,
  directSend: null,
  history: null,
  ...more,
});

test("a channel of which nothing bad is known is no trouble", () => {
  const fine = [signal("quality", "ok", { state: "UNFLAGGED" }), signal("quality", "ok", { state: "UPGRADE" }), signal("name", "ok")];
  expect(listTroubles([channel("Main", []), channel("Second", fine)])).toEqual([]);
});

test.each([
  ["account", "banned"],
  ["account", "removed"],
  ["partner", "removed"],
  ["connection", "disconnected"],
  ["restriction:RESTRICTED_ADD", "restricted"],
  ["reachout", "restricted"],
  ["anything new", "a new health"],
])("%s that is %s is told with the number and the sentence", (aspect, health) => {
  const [trouble] = listTroubles([channel("Main", [signal(aspect, health)], { displayPhoneNumber: "+1 202 555 0100" })]);
  expect(trouble).toMatchObject({ tone: "danger", names: ["Main (+1 202 555 0100)"], what: `Something of ${aspect}.` });
});

test.each(["FLAGGED", "DOWNGRADE"])("a quality of %s is a warning with advice", (state) => {
  expect(listTroubles([channel("Main", [signal("quality", "ok", { state })])])).toMatchObject([
    { tone: "warning", advice: expect.stringContaining("WhatsApp Manager") },
  ]);
});

test("a number that WhatsApp asked to wait is told with its time and reason, as a warning", () => {
  const held = channel("Main", [], { heldUntil: "2026-11-30T10:00:00Z", heldReason: "WhatsApp is working on this number." });
  expect(listTroubles([held])).toMatchObject([{ tone: "warning", what: expect.stringContaining("WhatsApp is working on this number.") }]);
  expect(listTroubles([held])[0]?.advice).toContain("kept");
});

test("what an account reports of two numbers is told once, and the worse comes first", () => {
  const banned = signal("account", "banned");
  const low = signal("quality", "ok", { state: "FLAGGED" });
  expect(listTroubles([channel("Main", [low, banned]), channel("Second", [banned])])).toMatchObject([
    { names: ["Main", "Second"], tone: "danger" },
    { names: ["Main"], tone: "warning" },
  ]);
});

test("a channel on which nothing is sent says why, and that what waits is kept", () => {
  const stopped = { stoppedAt: "2026-11-28T10:00:00Z", stoppedReason: "The token has expired." };
  expect(listTroubles([channel("Main", [], stopped)])).toMatchObject([
    { tone: "danger", what: "Sending is stopped: The token has expired.", advice: expect.stringContaining("kept") },
  ]);
});

test("an instant in a sentence is told in the time of this browser", () => {
  const sentence = "WhatsApp restricts this account: X until 2026-12-01T10:00:00.000Z.";
  const [trouble] = listTroubles([channel("Main", [signal("restriction:X", "restricted", { sentence })])]);
  expect(trouble?.what).toMatch(/^WhatsApp restricts this account: X until .*2026.*\.$/);
  expect(trouble?.what).not.toContain("T10");
});
