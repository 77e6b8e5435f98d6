// Proves that a change of number is applied whatever the clocks say and whatever comes first: one person's thread, and nobody else's, and no two people have
// a number at the same time.
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { messagesBody, webhookBody } from "../../test/support/webhook-bodies.ts";
import type { Intake } from "../ingest/create-intake.ts";
import { createLog } from "../kernel/log.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let business: TestBusiness;
let intake: Intake;
let stories = 0;
/** Lines of the log. */
const warnings: string[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  const destination = new PassThrough().on("data", (line: Buffer) => warnings.push(line.toString()));
  intake = createTestIntake({ ...test, log: createLog({ level: "warn", destination }) });
});
afterAll(async () => {
  await expectNothingBroken(test);
  await test.close();
});

/** One side of a person: a number and an account, by one letter each. */
interface Side {
  readonly phone: string;
  readonly user?: string | undefined;
}
/** `at`: seconds after the change, by the provider's clock. */
type Arrival =
  | { readonly kind: "message" | "status"; readonly by: Side; readonly at: number }
  | { readonly kind: "change"; readonly by: Side; readonly becomes: Side; readonly at: number };

const CHANGED_AT = Math.floor(Date.now() / 1000) - 1_000_000;
const DAY = 86_400;

const phoneOf = (letter: string): string => `1303${String(stories).padStart(5, "0")}${String(letter.charCodeAt(0))}`;
const userOf = (letter: string | undefined): string | undefined => (letter === undefined ? undefined : `US.${letter}-${String(stories)}-`);

function bodyOf(arrival: Arrival, id: string): Buffer {
  const [from, userId] = [phoneOf(arrival.by.phone), userOf(arrival.by.user)];
  const at = CHANGED_AT + arrival.at;
  if (arrival.kind === "status") {
    const status = { id, status: "delivered", timestamp: String(at), recipient_id: from, recipient_user_id: userId };
    return webhookBody(business.phoneNumberId, { statuses: [status] });
  }
  const sender = { id, from, at, ...(userId === undefined ? {} : { userId }) };
  if (arrival.kind !== "change") return messagesBody(business.phoneNumberId, { ...sender, text: `of ${arrival.by.user ?? "a number"}` });
  const { phone, user } = arrival.becomes;
  const becomes = { wa_id: phoneOf(phone), user_id: userOf(user), previous_user_id: userId };
  const system = { type: "user_changed_number", body: "changed", ...becomes };
  return messagesBody(business.phoneNumberId, { ...sender, node: { type: "system", system } });
}

async function tell(arrivals: readonly Arrival[]): Promise<void> {
  stories += 1;
  warnings.length = 0;
  for (const [place, arrival] of arrivals.entries()) {
    const parsed = parseCloudWebhook(bodyOf(arrival, `wamid.${String(stories)}.${String(place)}`));
    if (parsed.outcome !== "events") throw new Error(parsed.outcome);
    await intake.receive(parsed.events);
    await intake.idle();
  }
}

/** The texts of each thread of the story, in alphabetical order. */
async function threads(): Promise<readonly (readonly string[])[]> {
  const { rows } = await test.superuser.query<{ texts: string[] }>(
    `select array_agg(distinct text order by text) as texts from messages
      where business_id = $1 and starts_with(provider_message_id, $2) group by conversation_id order by 1`,
    [business.businessId, `wamid.${String(stories)}.`],
  );
  return rows.map(({ texts }) => texts);
}

/** Changes of the story that still wait. */
async function waiting(): Promise<number> {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from webhook_log where state = 'quarantined' and body ~ $1",
    [`wamid\\.${String(stories)}\\.`],
  );
  return rows[0]?.count ?? 0;
}

/** Numbers that two people have at the same time; in the second in which one leaves it another may take it. */
async function sharedNumbers(): Promise<readonly unknown[]> {
  const { rows } = await test.superuser.query<Record<string, unknown>>(
    `with known as (
       select value, conversation_id, held_since, held_until from aliases where business_id = $1 and starts_with(value, $2)
       union all
       select value, conversation_id, held_since, held_until from former_aliases where business_id = $1 and starts_with(value, $2)
     ), tenure as (
       select k.value, coalesce(c.merged_into, c.id) as holder, tstzrange(k.held_since, k.held_until) as held
         from known k join conversations c on c.id = k.conversation_id
     )
     select a.value, a.held, b.held as other from tenure a join tenure b on a.value = b.value and a.holder < b.holder and a.held && b.held`,
    [business.businessId, `1303${String(stories).padStart(5, "0")}`],
  );
  return rows;
}

const BEFORE = { phone: "A", user: "p1" };
const AFTER = { phone: "B", user: "p2" };
const CHANGE: Arrival = { kind: "change", by: BEFORE, becomes: AFTER, at: 0 };
const DELAYS = [-DAY, -60, -1, 0, 1, 60, 61, DAY];

it.each([
  ["who they were", BEFORE],
  ["who they are", AFTER],
])("a change that comes before the person's first message is applied when they write as %s, whatever the clocks say", async (_as, by) => {
  for (const at of DELAYS) {
    await tell([CHANGE, CHANGE, { kind: "message", by, at }]);
    expect(await waiting(), String(at)).toBe(0);
    expect(await threads(), String(at)).toEqual([["changed", `of ${by.user}`]]);
    expect(await sharedNumbers(), String(at)).toEqual([]);
  }
});

it.each([
  ["who they were", BEFORE],
  ["who they are", AFTER],
])("a change that waits is applied by a status that says whose number it is: of %s, whatever the clocks say", async (_as, by) => {
  for (const at of DELAYS) {
    await tell([{ kind: "message", by: { phone: by.phone }, at }, CHANGE, { kind: "status", by, at }]);
    expect(await waiting(), String(at)).toBe(0);
    expect(await threads(), String(at)).toEqual([["changed", "of a number"]]);
    expect(await sharedNumbers(), String(at)).toEqual([]);
  }
});

/** How often each story is told, each time in another order; more by hand after a change here. */
const ORDERS = Number(process.env["ORDERS"] ?? 8);

const message = (by: Side, at: number): Arrival => ({ kind: "message", by, at });
const time = fc.constantFrom(...DELAYS);
const story = fc
  .record({
    before: fc.array(time, { maxLength: 2 }),
    after: fc.array(time, { maxLength: 2 }),
    reports: fc.subarray([0, 0, 1, -1], { minLength: 1 }),
    next: fc.array(fc.constantFrom(2 * DAY, 3 * DAY), { maxLength: 2 }),
    former: fc.array(fc.constantFrom(-2 * DAY, -3 * DAY), { maxLength: 2 }),
  })
  .map(({ before, after, reports, next, former }): readonly Arrival[] => [
    ...before.map((at) => message(BEFORE, at)),
    ...after.map((at) => message(AFTER, at)),
    ...reports.map((at): Arrival => ({ ...CHANGE, at })),
    ...next.map((at) => message({ phone: "A", user: "next" }, at)),
    ...former.map((at) => message({ phone: "B", user: "former" }, at)),
  ])
  .chain((arrivals) => fc.shuffledSubarray([...arrivals], { minLength: arrivals.length }));

it("people with user ids have a thread each, and every change is applied, in any order and at any time", async () => {
  await fc.assert(
    fc.asyncProperty(story, async (arrivals) => {
      await tell(arrivals);
      const users = arrivals.flatMap(({ kind, by }) => (kind === "message" ? [by.user] : []));
      const told = ["p1", "p2"].filter((user) => users.includes(user)).map((user) => `of ${user}`);
      const others = ["former", "next"].filter((user) => users.includes(user)).map((user) => [`of ${user}`]);
      expect(await threads()).toEqual([...(told.length > 0 ? [["changed", ...told]] : []), ...others]);
      if (told.length > 0) expect(await waiting()).toBe(0);
    }),
    { numRuns: ORDERS, endOnFailure: true },
  );
});

const side = fc.record({ phone: fc.constantFrom("A", "B", "C"), user: fc.constantFrom(undefined, undefined, "p1", "p2", "p3") });
const anything = fc.oneof(
  fc.record({ kind: fc.constantFrom("message" as const, "message" as const, "status" as const), by: side, at: time }),
  fc.record({ kind: fc.constant("change" as const), by: side, becomes: side, at: time }),
);

it("nothing that anybody reports of numbers fails, and no two people have a number at the same time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 3, maxLength: 8 }), async (arrivals) => {
      await tell(arrivals);
      expect(warnings.filter((line) => line.includes("identity."))).toEqual([]);
      expect(await sharedNumbers()).toEqual([]);
    }),
    { numRuns: 2 * ORDERS, endOnFailure: true },
  );
});
