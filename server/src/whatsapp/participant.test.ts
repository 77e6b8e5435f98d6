import { describe, expect, test } from "vitest";
import { memberKeysOf, type Participant } from "./participant.ts";

const ana = { phone: "12025550147" };
const anaByLid = { lid: "81200000000001" };
const anaByUserId = { userId: "US.7Q2m9XkLp4" };
const leo = { phone: "12025550188", lid: "81200000000002", name: "Leo" };

const groupsOf = (...participants: readonly (Participant | undefined)[]): readonly number[] => {
  const keys = participants.map(memberKeysOf(participants));
  return keys.map((key) => keys.indexOf(key));
};

describe("a member of a group", () => {
  test.each([
    ["a phone, then a phone and a LID", [ana, { ...ana, ...anaByLid }]],
    ["a LID, then a LID and a user id", [anaByLid, { ...anaByUserId, ...anaByLid }]],
    [
      "a phone and a LID, then a user id and the phone",
      [
        { ...ana, ...anaByLid },
        { ...anaByUserId, ...ana },
      ],
    ],
    ["a phone, then a LID, and a third message that names both", [ana, anaByLid, { ...ana, ...anaByLid }]],
    ["three ids in a chain", [ana, anaByUserId, anaByLid, { ...ana, ...anaByUserId }, { ...anaByLid, ...anaByUserId }]],
    [
      "another name",
      [
        { ...ana, name: "Ana" },
        { ...ana, name: "Ana Prado" },
      ],
    ],
  ])("is the same one by %s", (_, participants) => {
    for (const order of [participants, participants.toReversed()]) {
      expect(new Set(groupsOf(...order, leo))).toEqual(new Set([0, participants.length]));
    }
  });

  test("is no other one: not by the same name, nor by the same digits of another kind, nor where nobody is named", () => {
    expect(groupsOf({ ...ana, name: "Ana" }, { ...leo, name: "Ana" }, { lid: ana.phone }, undefined)).toEqual([0, 1, 2, 3]);
    expect(groupsOf(undefined, undefined)).toEqual([0, 0]);
  });
});
