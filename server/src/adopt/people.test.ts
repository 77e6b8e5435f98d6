import { expect, test } from "vitest";
import { readCanonicalKey, readIdentifier } from "./read-identifier.ts";
import type { OldConversation, OldLead } from "./old-rows.ts";
import { gatherPeople } from "./people.ts";

let counter = 0;
function conversation(columns: Partial<OldConversation>): OldConversation {
  counter += 1;
  const nothing = { customerWaId: null, customerNumber: null, provider: null, channelKey: null, leadId: null, canonicalKey: null };
  const times = { startedAt: null, lastMessageAt: null, createdAt: `2025-01-01 00:00:${String(counter % 60).padStart(2, "0")}+00` };
  return { id: `c${String(counter).padStart(4, "0")}`, ...nothing, isOpen: null, ...times, summary: null, ...columns };
}
const gather = (conversations: readonly OldConversation[], leads: readonly OldLead[] = [], keepLeadIds = true) =>
  gatherPeople({ oldBusinessId: "b", conversations, leads, keepLeadIds });

test.for([
  ["12025550147", "phone", "12025550147"],
  ["+1 (202) 555-0147", "phone", "12025550147"],
  ["12025550147:12@c.us", "phone", "12025550147"],
  ["81203344556677@lid", "lid", "81203344556677"],
  ["US.7Q2m9XkLp4", "user", "US.7Q2m9XkLp4"],
  ["120363000000000001@g.us", "group", "120363000000000001@g.us"],
] as const)("%s names a %s", ([written, kind, value]) => {
  expect(readIdentifier(written)).toEqual({ kind, value, scope: null });
});

test.for([
  null,
  "",
  "  ",
  "0171 2345678",
  "00491712345678",
  "12345",
  "1234567890123456",
  "status@broadcast",
  "120@newsletter",
  "Ana",
  "+1 202 CALL",
])("%s names nobody", (written) => {
  expect(readIdentifier(written)).toBeUndefined();
});

test.for([
  ["phone:b:+12025550147", { kind: "phone", value: "12025550147" }],
  ["phone:+12025550147", { kind: "phone", value: "12025550147" }],
  ["lid:b:81203344556677", { kind: "lid", value: "81203344556677" }],
  ["lead:b:42", { kind: "lead", value: "42" }],
  ["wa_12025550147_b", undefined],
] as const)("the canonical key %s is read", ([key, meaning]) => {
  expect(readCanonicalKey(key, "b")).toEqual(meaning === undefined ? undefined : { ...meaning, scope: null });
});

test("numbers that only look alike stay two people: the Brazilian ninth digit, a landline", () => {
  const { persons } = gather(["5511987654321", "551187654321", "551123456789"].map((customerWaId) => conversation({ customerWaId })));
  expect(persons).toHaveLength(3);
});

test("the CRM's number speaks for a lead only while no conversation of the lead has one of its own", () => {
  const leads = [{ id: "7", phone: "+13035550100", name: "Ana" }];
  const home = conversation({ customerWaId: "13035550100" });
  expect(gather([conversation({ leadId: "7" }), home], leads).persons).toHaveLength(1);
  expect(
    gather([conversation({ leadId: "7" }), conversation({ leadId: "7", customerWaId: "12025550147" }), home], leads).persons,
  ).toHaveLength(2);
});

test("a chain of conversations is one person, with a reason for each after the first", () => {
  const chain = [
    conversation({ customerWaId: "12025550147" }),
    conversation({ customerNumber: "+12025550147", leadId: "7" }),
    conversation({ leadId: "7", canonicalKey: "mine" }),
    conversation({ canonicalKey: "mine" }),
  ];
  const { persons } = gather(chain);
  expect(persons.map(({ evidence }) => evidence)).toEqual([["same_digits", "same_lead", "same_canonical_key"]]);
});

test("what names nobody is listed, not guessed; a contact alone is nobody where contacts are not leads", () => {
  const nobody = conversation({ canonicalKey: "mine" });
  expect(gather([nobody]).nameless).toEqual([nobody]);
  const contact = conversation({ leadId: "7" });
  expect(gather([contact]).persons).toHaveLength(1);
  expect(gather([contact], [], false)).toMatchObject({ persons: [], nameless: [contact] });
});
