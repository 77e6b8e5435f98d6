import fc from "fast-check";
import { expect, test } from "vitest";
import { memberKeysOf as memberKeysOfServer } from "../../server/src/whatsapp/participant.ts";
import { memberKeysOf } from "./member-keys.ts";

const id = fc.constantFrom("1", "2", "3");
const member = fc.option(fc.record({ phone: id, userId: id, lid: id, name: id }, { requiredKeys: [] }), { nil: null });

test("who is the same member of a group is what the server says", () => {
  fc.assert(
    fc.property(fc.array(member, { maxLength: 12 }), (members) => {
      const keyOf = memberKeysOfServer(members.map((one) => one ?? undefined));
      expect(members.map(memberKeysOf(members))).toEqual(members.map((one) => keyOf(one ?? undefined)));
    }),
  );
});
