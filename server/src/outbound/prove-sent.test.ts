import { expect, test as it } from "vitest";
import { proveSent, type SentProofInput } from "./prove-sent.ts";

const attemptedAt = new Date("2026-11-25T12:00:00.600Z");
const at = (seconds: number): Date => new Date(Date.parse("2026-11-25T12:00:00Z") + seconds * 1_000);
const yes = { providerMessageId: "A", at: at(1), text: "Yes" };
const prove = (input: Partial<SentProofInput>): string | undefined =>
  proveSent({ scope: "chat", records: [yes], isWhole: true, known: new Set(), attemptedAt, text: "Yes", ...input });

it("in a chat, exactly one message that we do not know, of that time and with these words, is ours", () => {
  expect(prove({})).toBe("A");
  // Whole seconds.
  expect(prove({ records: [{ ...yes, at: at(0) }] })).toBe("A");
  expect(prove({ records: [yes, { ...yes, providerMessageId: "B", text: "No" }] })).toBe("A");
  expect(prove({ records: [yes, { ...yes, providerMessageId: "B" }], known: new Set(["B"]) })).toBe("A");
});

it("everything else in a chat proves nothing", () => {
  for (const input of [
    { records: [] },
    { records: [yes, { ...yes, providerMessageId: "B" }] },
    { isWhole: false },
    { known: new Set(["A"]) },
    { text: undefined },
    { text: "Yes " },
    { records: [{ ...yes, at: at(-60) }] },
    { records: [{ ...yes, at: at(3_600) }] },
    { records: [{ providerMessageId: "A", at: at(1) }], text: undefined },
  ])
    expect([input, prove(input)]).toEqual([input, undefined]);
});

it("on a number, exactly one message that we do not know is ours, unless anybody else has sent on it", () => {
  const one = { providerMessageId: "A", at: at(1) };
  const number = { scope: "number", records: [one] } as const;
  expect(prove(number)).toBe("A");
  expect(prove({ ...number, text: undefined })).toBe("A");
  const before = { providerMessageId: "B", at: at(-3_600) };
  expect(prove({ ...number, records: [one, before], known: new Set(["B"]) })).toBe("A");
  expect(prove({ ...number, records: [one, { ...before, at: at(-40 * 86_400) }] })).toBe("A");
  for (const records of [
    [one, before],
    [one, { ...one, providerMessageId: "B" }],
    [one, { ...one, providerMessageId: "B", at: at(3_600) }],
    [before],
    [],
  ])
    expect([records, prove({ ...number, records })]).toEqual([records, undefined]);
  expect(prove({ ...number, isWhole: false })).toBeUndefined();
});
