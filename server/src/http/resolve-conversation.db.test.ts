// Proves that a lead and a person have one conversation however they are asked for, and that nothing is replaced silently.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let people = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

interface Answer {
  readonly id: string;
  readonly isNew: boolean;
  readonly leadId: string | null;
  readonly displayName: string | null;
  readonly code: string;
  readonly detail: string;
}
async function resolve(payload: object): Promise<{ readonly status: number; readonly json: Answer }> {
  const answer = await http.app.inject({ method: "POST", url: "/api/v1/conversations/resolve", headers, payload });
  return { status: answer.statusCode, json: answer.json<Answer>() };
}
function newPerson(): { readonly phone: string; readonly userId: string; readonly leadId: string } {
  people += 1;
  return { phone: `1404555${String(1000 + people)}`, userId: `US.lead${String(people)}`, leadId: `crm-${String(people)}` };
}
async function aliasesOf(id: string): Promise<unknown> {
  const { rows } = await test.superuser.query("select kind, value from aliases where conversation_id = $1 order by kind, value", [id]);
  return rows;
}

it("50 at once, half of them by webhook, get one conversation, and at most one of them made it", async () => {
  const { phone, userId, leadId } = newPerson();
  const asked = Array.from({ length: 25 }, (_, i) => resolve(i % 2 === 0 ? { phone, leadId } : { phone: `+${phone}`, userId }));
  const written = Array.from({ length: 25 }, () => engine.receive(business, { from: phone, userId }));
  const [answers] = await Promise.all([Promise.all(asked), Promise.all(written)]);
  expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 200));
  const { json } = await resolve({ leadId });
  expect(json).toMatchObject({ isNew: false, leadId });
  expect(answers.filter(({ json: { isNew } }) => isNew).length).toBeLessThanOrEqual(1);
  expect(await aliasesOf(json.id)).toEqual([
    { kind: "lead", value: leadId },
    { kind: "phone", value: phone },
    { kind: "user", value: userId },
  ]);
  const { rows } = await test.superuser.query("select count(*)::int as messages from messages where conversation_id = $1", [json.id]);
  expect(rows).toEqual([{ messages: 25 }]);
});

it("a number is the same person in every spelling, and one that could be several is refused with a sentence", async () => {
  const { json } = await resolve({ phone: "+49 30/1234-567" });
  for (const phone of ["0049 30 1234567", "\u202A+49 30 1234567\u202C", "tel:+49-30-1234567", "+49 (0)30 1234567", "＋49\u00A030 ١٢٣٤٥٦٧"])
    expect([phone, (await resolve({ phone })).json]).toMatchObject([phone, { id: json.id, isNew: false }]);
  for (const phone of ["030 1234567", "+39 (0)6 1234567", "tel:+49301234567;ext=5", "+49301234567 / +49301234568", "x".repeat(201)])
    expect([phone, (await resolve({ phone })).status]).toEqual([phone, 400]);
});

it("a lead that is linked before its customer writes has the thread that the customer then writes in", async () => {
  const { phone, userId, leadId } = newPerson();
  const made = await resolve({ leadId, phone, name: "Ana (VIP)" });
  expect(made.json).toMatchObject({ isNew: true, leadId, displayName: "Ana (VIP)" });
  await engine.receive(business, { from: phone, userId, text: "hi" });
  expect((await resolve({ userId })).json).toMatchObject({ id: made.json.id, isNew: false, leadId });
});

it("a lead that is linked between two messages, and after them, is linked to the thread that there is", async () => {
  const { phone, userId, leadId } = newPerson();
  await engine.receive(business, { from: phone, text: "1" });
  const between = await resolve({ leadId, phone });
  await engine.receive(business, { from: phone, userId, text: "2" });
  expect((await resolve({ leadId })).json).toMatchObject({ id: between.json.id, isNew: false, leadId });
  const other = newPerson();
  await engine.receive(business, { from: other.phone, userId: other.userId });
  const after = await resolve({ leadId: other.leadId, userId: other.userId });
  expect(after.json).toMatchObject({ isNew: false, leadId: other.leadId });
  expect((await resolve({ leadId: other.leadId })).json.id).toBe(after.json.id);
});

it("two threads that turn out to be one lead are merged, and say why", async () => {
  const { phone, userId, leadId } = newPerson();
  await engine.receive(business, { from: phone, text: "by number" });
  await engine.receive(business, { userId, text: "by user id" }, { userId, text: "again" });
  const first = await resolve({ leadId, phone });
  const joint = await resolve({ leadId, userId });
  expect([joint.status, joint.json.leadId]).toEqual([200, leadId]);
  expect((await resolve({ phone })).json.id).toBe(joint.json.id);
  const { rows } = await test.superuser.query("select reason, loser_id from merges where winner_id = $1", [joint.json.id]);
  expect(rows).toEqual([{ reason: "lead", loser_id: first.json.id }]);
});

it("a lead is never replaced: 409 names the lead that is there, and nothing has changed", async () => {
  const [one, other] = [newPerson(), newPerson()];
  const { json } = await resolve({ leadId: one.leadId, phone: one.phone });
  const before = await aliasesOf(json.id);
  const refused = await resolve({ leadId: other.leadId, phone: one.phone, userId: other.userId });
  expect(refused).toMatchObject({ status: 409, json: { code: "lead_conflict", detail: expect.stringContaining(one.leadId) } });
  expect(refused.json.detail).not.toContain(one.phone);
  expect(await aliasesOf(json.id)).toEqual(before);
  await resolve({ leadId: other.leadId, phone: other.phone });
  expect(await resolve({ phone: one.phone, lid: "99887766554433", leadId: other.leadId })).toMatchObject({
    status: 409,
    json: { code: "lead_conflict" },
  });
  expect((await resolve({ leadId: one.leadId })).json.id).toBe(json.id);
});

it("the business's word takes no number away from an account that WhatsApp has seen with it", async () => {
  const [one, other] = [newPerson(), newPerson()];
  await engine.receive(business, { from: one.phone, userId: one.userId });
  await engine.receive(business, { from: other.phone, userId: other.userId });
  expect(await resolve({ userId: other.userId, phone: one.phone })).toMatchObject({ status: 409, json: { code: "identity_conflict" } });
  expect((await resolve({ phone: one.phone })).json.id).toBe((await resolve({ userId: one.userId })).json.id);
});

it("another spelling of a mobile number finds its thread, is never stored, and a landline finds nobody's mobile", async () => {
  await engine.receive(business, { from: "553187650001", text: "sem nove" });
  const found = await resolve({ phone: "+55 31 9 8765-0001" });
  expect(found.json.isNew).toBe(false);
  expect(await aliasesOf(found.json.id)).toEqual([{ kind: "phone", value: "553187650001" }]);
  const list = await http.app.inject({ url: "/api/v1/conversations?q=%2B5531987650001", headers });
  expect(list.json<{ data: readonly { id: string }[] }>().data.map(({ id }) => id)).toEqual([found.json.id]);
  await engine.receive(business, { from: "5531932654321", text: "nine digits" });
  expect((await resolve({ phone: "553132654321" })).json.isNew).toBe(true);
});

it("a number that is known as it is written is never taken for its other spelling", async () => {
  await engine.receive(business, { from: "5531987650002" });
  const own = await resolve({ phone: "553187650002", leadId: "both-spellings" });
  expect(own.json.isNew).toBe(false);
  await test.superuser.query(
    "insert into aliases (business_id, kind, value, conversation_id, created_at) select business_id, 'phone', '553187650003', id, now() from conversations where id = $1",
    [own.json.id],
  );
  await engine.receive(business, { from: "5531987650003" });
  expect((await resolve({ phone: "553187650003" })).json.id).toBe(own.json.id);
  expect((await resolve({ phone: "5531987650003" })).json.id).not.toBe(own.json.id);
});

it("nobody, and what is no identifier, is a bad request", async () => {
  for (const body of [{}, { name: "x" }, { phone: "hello" }, { phone: "012345" }, { userId: "x" }, { lid: "abc" }, { leadId: "" }]) {
    expect((await resolve(body)).status).toBe(400);
  }
});
