import { expect, test } from "vitest";
import type { BusinessId } from "../kernel/ids.ts";
import { addressOf, identifiersOf, identifiersOfChange, keyOfLaterHolder, keysOf, type Identity } from "./identifier.ts";

const business = "b" as BusinessId;
const everything: Identity = { lid: "5", phone: "+1 (202) 555-0147", userId: "US.1", parentUserId: "US.ENT.1", leadId: "7" };
const inWords = (identity: Identity): readonly string[] =>
  identifiersOf(identity, "waba").map(({ kind, value, scope }) => `${kind} ${value} ${scope ?? "-"}`);

test("a person's identifiers come in the order of proof, and only a user id is bound to its account", () => {
  expect(inWords(everything)).toEqual(["lead 7 -", "parent_user US.ENT.1 waba", "user US.1 waba", "phone 12025550147 -", "lid 5 -"]);
});

test("a group is not its members", () => {
  expect(inWords({ ...everything, groupId: "1@g.us" })).toEqual(["group 1@g.us -"]);
});

test.for<Identity>([
  {},
  { phone: "" },
  { phone: "abc" },
  { phone: "US.7Q2m9XkLp4" },
  { phone: "+" },
  { userId: "", lid: "", leadId: "", groupId: "" },
])("%j names nobody: it has no identifier, no key and no address", (identity) => {
  const identifiers = identifiersOf(identity, null);
  expect([identifiers, keysOf(business, identifiers), addressOf(identifiers)]).toEqual([[], undefined, undefined]);
});

test.for<[Identity, string, string | undefined]>([
  [{ leadId: "7" }, "lead:b:7", undefined],
  [{ parentUserId: "US.ENT.1" }, "user:b:US.ENT.1", undefined],
  [{ userId: "US.1" }, "user:b:US.1", "US.1"],
  [{ phone: "+1 202-555-0147" }, "phone:b:+12025550147", "12025550147"],
  [{ lid: "5" }, "lid:b:5", "5"],
  [{ groupId: "1@g.us" }, "group:b:1@g.us", "1@g.us"],
])("%j alone begins a thread, and is written to where it is an address", ([identity, key, address]) => {
  const identifiers = identifiersOf(identity, null);
  expect([keysOf(business, identifiers), addressOf(identifiers)?.value]).toEqual([[key], address]);
});

test("of all that a person has, a new thread prefers the lead, then the number; a reply goes to the number", () => {
  const identifiers = identifiersOf(everything, null);
  expect(keysOf(business, identifiers)).toEqual(["lead:b:7", "phone:b:+12025550147", "user:b:US.1", "user:b:US.ENT.1", "lid:b:5"]);
  expect(addressOf(identifiers)).toMatchObject({ kind: "phone" });
  expect(addressOf(identifiersOf({ ...everything, phone: undefined }, null))).toMatchObject({ kind: "user" });
});

test("a change names who somebody was and who they are, the strongest proof of both first", () => {
  const change = identifiersOfChange({ phone: "1", userId: "US.1" }, { phone: "2", userId: "US.2" }, null);
  expect(change.map(({ value }) => value)).toEqual(["US.1", "US.2", "1", "2"]);
});

test("who has a number after others did gets a key that says since when", () => {
  expect(keyOfLaterHolder(business, "12025550147", new Date(1_790_001_000_999))).toBe("phone:b:+12025550147@1790001000");
});
