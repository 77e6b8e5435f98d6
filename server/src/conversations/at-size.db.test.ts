// Owns: that reading costs the same whatever the size of a business: as many pages of the database with four times the rows, with a plan for these values and with
// the one that PostgreSQL keeps for all values.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBufferCounter, type BufferCounter, type PlanMode } from "../../test/support/buffer-counter.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import type { Parameters, ValuesOf } from "../db/parameters.ts";
import type { Columns, Query } from "../db/query.ts";
import { listThreadsOfPhones } from "../identity/find-phone.queries.ts";
import { listAliasesOfConversations, lockConversations } from "../identity/identity.queries.ts";
import { findConversationsOfAliases, listTenures } from "../identity/number-holders.queries.ts";
import { NEWEST, OLDEST } from "../kernel/cursor.ts";
import { newId } from "../kernel/ids.ts";
import { COUNTRY_CODES } from "./country-codes.ts";
import { listConversations, searchConversations } from "./conversation-reads.queries.ts";
import { listMessagesNewestFirst, listMessagesOldestFirst } from "./message-reads.queries.ts";
import { listTurns } from "./turn-reads.queries.ts";

const SMALL = 1_000;
const LARGE = 4 * SMALL;
const LIMIT = 21;
/** Deeper indexes, and rows that lie less close together. */
const atMost = (buffers: number): number => buffers * 1.3 + 10;
const PLANS: readonly PlanMode[] = ["force_custom_plan", "force_generic_plan"];

let database: TestDatabase;
let business: TestBusiness;
let counter: BufferCounter;
const thread = newId();
const otherChannel = newId();
let planMode: PlanMode = "force_custom_plan";

/**
 * Conversation n was last written in n seconds after the others began. Of the first, which are the last of the list, some are closed, of another channel or of none,
 * or have a name of their own: as many at any size. One thread has as many messages, of which every tenth is a reaction to the one before.
 */
const rowsUpTo = (from: number, to: number): string => `
  insert into conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at, contact_name, reply_channel_id, reply_kind, reply_address, is_open)
    select '${business.businessId}', gen_random_uuid(), 'phone:b:+' || 1000000 + n, '2026-11-01Z'::timestamptz + n * interval '1 second', now(), now(),
      case when n < 3 then 'Ana Quetzalli' else 'Zoe ' || n end, c.id, case when c.id is not null then 'phone' end, case when c.id is not null then 1000000 + n end,
      n >= 40 or n % 2 = 0
      from generate_series(${String(from)}, ${String(to - 1)}) n
     cross join lateral (select case when n < 40 then '${otherChannel}'::uuid when n >= 80 then '${business.channelId}'::uuid end as id) c;
  insert into aliases (business_id, kind, value, conversation_id, created_at)
    select business_id, 'phone', substr(canonical_key, 10), id, now() from conversations where business_id = '${business.businessId}'
    on conflict do nothing;
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, target_provider_message_id, type, content, sent_at, received_at)
    select '${business.businessId}', gen_random_uuid(), '${thread}', n, '${business.channelId}', 'in', 'customer', 'wamid.' || n,
      case when n % 10 = 0 then 'wamid.' || n - 1 end, case when n % 10 = 0 then 'reaction' else 'text' end, '{}', '2026-11-01Z'::timestamptz + n * interval '1 second', now()
      from generate_series(${String(from + 1)}, ${String(to)}) n;
  insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at)
    select '${business.businessId}', gen_random_uuid(), '${thread}', n, n, 'replied', 1, now(), now() from generate_series(${String(from + 1)}, ${String(to)}) n;`;

beforeAll(async () => {
  database = await createTestDatabase();
  business = await createTestBusiness(database.superuser);
  await database.superuser.query(`
    insert into channels (business_id, id, provider, external_id, name) values ('${business.businessId}', '${otherChannel}', 'cloud', 'other', 'Other');
    insert into conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at)
      values ('${business.businessId}', '${thread}', 'phone:b:+1', '2026-11-02Z', now(), now());`);
  await database.superuser.query(rowsUpTo(0, SMALL));
  counter = await openBufferCounter(database.url, business.businessId);
});
afterAll(async () => {
  await counter.close();
  await database.close();
});

const countBuffers = <C extends Columns, P extends Parameters>(query: Query<C, P>, values: ValuesOf<P>): Promise<number> =>
  counter.count(query, values, planMode);

const begin = { beforeAt: NEWEST.at, beforeId: NEWEST.id };
const everyone = { ...begin, isOpen: null, channelId: null, limit: LIMIT };
const nobody = { ...everyone, name: "nobody", phone: null, phonePart: null, phoneAnywhere: null, countryCodes: COUNTRY_CODES };
/** Nobody is called so. */
const part = (
  digits: string,
): Omit<typeof nobody, "phonePart" | "phoneAnywhere"> & Readonly<Record<"phonePart" | "phoneAnywhere", string>> => ({
  ...nobody,
  name: digits,
  phonePart: digits,
  phoneAnywhere: digits,
});
/** The instant at which so many conversations had been written in, or messages sent. */
const after = (rows: number): string => new Date(Date.UTC(2026, 10, 1) + rows * 1_000).toISOString();
const inTheMiddle = (rows: number): { readonly beforeAt: string } => ({ beforeAt: after(rows / 2) });

/** What is read of a business with `rows` rows. */
const readings: Readonly<Record<string, (rows: number) => Promise<number>>> = {
  "the first page of conversations": () => countBuffers(listConversations, everyone),
  "a page in the middle": (rows) => countBuffers(listConversations, { ...everyone, ...inTheMiddle(rows) }),
  "open ones": () => countBuffers(listConversations, { ...everyone, isOpen: true }),
  "open ones in the middle": (rows) => countBuffers(listConversations, { ...everyone, ...inTheMiddle(rows), isOpen: true }),
  "closed ones": () => countBuffers(listConversations, { ...everyone, isOpen: false }),
  "closed ones from the middle on": (rows) => countBuffers(listConversations, { ...everyone, ...inTheMiddle(rows), isOpen: false }),
  "those of a channel": () => countBuffers(listConversations, { ...everyone, channelId: otherChannel }),
  "open ones of a channel": () => countBuffers(listConversations, { ...everyone, channelId: otherChannel, isOpen: true }),
  "those of a channel that is not there": () => countBuffers(listConversations, { ...everyone, channelId: newId() }),
  "a name": () => countBuffers(searchConversations, { ...nobody, name: "quetz" }),
  "a name among the closed ones": () => countBuffers(searchConversations, { ...nobody, name: "Quetzalli", isOpen: false }),
  "nobody's name": () => countBuffers(searchConversations, nobody),
  "a phone number": () => countBuffers(searchConversations, { ...nobody, phone: "1000017" }),
  "a phone number, which is its own end": () => countBuffers(searchConversations, { ...part("1000017"), phone: "1000017" }),
  "the end of a phone number": () => countBuffers(searchConversations, part("00017")),
  "the end of a phone number among the closed ones": () => countBuffers(searchConversations, { ...part("00017"), isOpen: false }),
  "the beginning of a phone number without its country code": () => countBuffers(searchConversations, part("00001")),
  "a phone number that nobody has": () => countBuffers(searchConversations, { ...part("4917012345678"), phoneAnywhere: null }),
  "the newest messages of a thread": () =>
    countBuffers(listMessagesNewestFirst, { conversationId: thread, cursorAt: NEWEST.at, cursorSeq: NEWEST.seq, limit: LIMIT }),
  "messages in the middle of a thread": (rows) =>
    countBuffers(listMessagesNewestFirst, { conversationId: thread, cursorAt: after(rows / 2), cursorSeq: NEWEST.seq, limit: LIMIT }),
  "the oldest messages of a thread": () =>
    countBuffers(listMessagesOldestFirst, { conversationId: thread, cursorAt: OLDEST.at, cursorSeq: OLDEST.seq, limit: LIMIT }),
  "messages in the middle of a thread, the oldest first": (rows) =>
    countBuffers(listMessagesOldestFirst, { conversationId: thread, cursorAt: after(rows / 2), cursorSeq: OLDEST.seq, limit: LIMIT }),
  "turns in the middle of a thread": (rows) => countBuffers(listTurns, { conversationId: thread, before: rows / 2, limit: LIMIT }),
};

/** What deliveries and changes of an identity ask for one person. */
const ofOnePerson: Readonly<Record<string, () => Promise<number>>> = {
  "who had a number when": () => countBuffers(listTenures, { numbers: ["1000017", "4917012345678"] }),
  "the threads of somebody's identifiers": () =>
    countBuffers(findConversationsOfAliases, { identifiers: [{ kind: "phone", value: "1000017" }] }),
  "the threads of a number's spellings": () => countBuffers(listThreadsOfPhones, { phones: ["1000017", "1000018"] }),
  "the identifiers of a thread": () => countBuffers(listAliasesOfConversations, { conversationIds: [thread] }),
  "the threads that a change locks": () => countBuffers(lockConversations, { conversationIds: [thread] }),
};
/** Some look-ups by an index, each of which goes down through a few pages. */
const HANDFUL = 40;

async function readAll(rows: number): Promise<Readonly<Record<string, number>>> {
  await database.superuser.query("vacuum (analyze)");
  const buffers: Record<string, number> = {};
  for (const plan of PLANS) {
    planMode = plan;
    for (const [name, read] of Object.entries(readings)) {
      buffers[`${name}, ${plan}`] = await read(rows);
    }
  }
  return buffers;
}

test("four times the rows are read with as many pages", async () => {
  const small = await readAll(SMALL);
  await database.superuser.query(rowsUpTo(SMALL, LARGE));
  const large = await readAll(LARGE);
  expect(Object.keys(small)).toHaveLength(PLANS.length * Object.keys(readings).length);
  const grown = Object.entries(large).filter(([name, buffers]) => !(buffers <= atMost(small[name] ?? 0)));
  expect(grown.map(([name, buffers]) => `${name}: ${String(small[name])}, then ${String(buffers)}`)).toEqual([]);
});

test("what is asked for one person reads a handful of pages, whatever the size of the business", async () => {
  for (const plan of PLANS) {
    planMode = plan;
    for (const [name, read] of Object.entries(ofOnePerson))
      expect([name, plan, await read()]).toEqual([name, plan, expect.toSatisfy((pages: number) => pages <= HANDFUL)]);
  }
});
