// Proves what statuses promise, at the size of a busy morning: 10,000 messages, their statuses shuffled, doubled, weeks late, in two processes at once, and for a tenth of the
// messages before our own record of them; and every message ends where its highest status says, without one step back.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { finishSends } from "../outbound/deliver.queries.ts";
import { createStatusStore, type StatusItem, type StatusStore } from "./store-statuses.ts";

const CONVERSATIONS = 1_000;
const EACH = 10;
const MESSAGES = CONVERSATIONS * EACH;
const BATCH = 250;
const DAY_MS = 86_400_000;

let test: TestDatabase;
let business: TestBusiness;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  await test.superuser.query(FILL, [business.businessId, business.channelId]);
  await test.superuser.query(WITNESS);
});
afterAll(async () => {
  try {
    await expectNothingBroken(test);
  } finally {
    await test.close();
  }
});

// The last message of each conversation is on its way: its answer has not come yet. Of every second of them a status names our own id, as WhatsApp gives back what it was told.
const FILL = `
with conversation as (
  insert into onethread.conversations (business_id, id, canonical_key, is_open, last_seq, last_message_at, reply_channel_id, reply_kind, reply_address, created_at, updated_at)
  select $1::uuid, gen_random_uuid(), 'phone:' || $1::uuid || ':+' || n, true, ${String(EACH)}, now(), $2::uuid, 'phone', n::text, now(), now() from generate_series(12025550000, 12025550000 + ${String(CONVERSATIONS - 1)}) n
  returning id, reply_address as n
), lane as (
  insert into onethread.lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, done, fence, owner)
  select $1::uuid, id, 'send', now() + interval '1 hour', now(), now(), ${String(EACH)}, ${String(EACH - 1)}, 1, gen_random_uuid() from conversation
)
insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at, status, attempts, accepted_at)
select $1::uuid, gen_random_uuid(), c.id, seq, $2::uuid, 'out', 'api', case when seq < ${String(EACH)} then 'wamid.' || c.n || '.' || seq end, 'text', 'x', '{}', now(), now(),
       case when seq < ${String(EACH)} then 'accepted' else 'sending' end, 1, case when seq < ${String(EACH)} then now() end
  from conversation c cross join generate_series(1, ${String(EACH)}) seq`;

// An independent witness: whoever lowers a status is refused, and the statement with it.
const WITNESS = `
create function public.refuse_backward() returns trigger language plpgsql as $$
begin
  if onethread.status_rank(new.status) < onethread.status_rank(old.status) then raise exception 'from % back to %', old.status, new.status; end if;
  return new;
end $$;
create trigger refuse_backward before update on onethread.messages for each row execute function public.refuse_backward()`;

/** What WhatsApp may say of one message, whatever it says first. */
const COURSES = [
  ["sent"],
  ["sent", "delivered"],
  ["sent", "delivered", "read"],
  ["read"],
  ["sent", "failed"],
  ["failed", "delivered"],
  ["sent", "delivered", "read", "played"],
] as const;
const RANK = ["accepted", "sent", "failed", "delivered", "read", "played"];

/** The same numbers in each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function shuffled<T>(values: readonly T[], random: (below: number) => number): T[] {
  const result = [...values];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = random(at + 1);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}

const NOTHING_ELSE = { errorCode: undefined, errorText: undefined, retryInMs: undefined, isUnstarted: false, heldEventId: undefined };

interface Sent {
  readonly id: string;
  readonly conversationId: string;
  readonly providerMessageId: string;
  readonly seq: number;
  readonly callbackData: string | undefined;
}

async function readSent(): Promise<readonly Sent[]> {
  const { rows } = await test.superuser.query<{ id: string; conversation_id: string; seq: string; n: string }>(
    `select m.id, m.conversation_id, m.seq, c.reply_address as n from onethread.messages m join onethread.conversations c on c.id = m.conversation_id order by c.id, m.seq`,
  );
  return rows.map(({ id, conversation_id: conversationId, seq, n }) => ({
    id,
    conversationId,
    seq: Number(seq),
    providerMessageId: `wamid.${n}.${seq}`,
    callbackData: Number(n) % 2 === 0 ? id : undefined,
  }));
}

async function storeAll(store: StatusStore, items: readonly StatusItem[]): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH) {
    let rest = items.slice(at, at + BATCH);
    // What is set aside was held by the other process, and is delivered again.
    while (rest.length > 0) {
      const part = rest;
      const outcomes = await store.store(part);
      expect(outcomes).not.toContain("quarantined");
      rest = part.filter((_, place) => outcomes[place] !== "recorded");
    }
  }
}

it("statuses of 10,000 messages in any order, twice, weeks late, and before our own record: each ends at its highest, and none goes back", async () => {
  const random = createRandom(20_261_130);
  const sent = await readSent();
  expect(sent).toHaveLength(MESSAGES);
  const expected = new Map<string, string>();
  const items = sent.flatMap(({ id, providerMessageId, callbackData }) => {
    const course = COURSES[random(COURSES.length)] ?? COURSES[0];
    expected.set(id, RANK[Math.max(...course.map((status) => RANK.indexOf(status)))] ?? "");
    return course.flatMap((status) => {
      const event: StatusItem["event"] = {
        kind: "status",
        provider: "cloud",
        channelKey: business.phoneNumberId,
        customer: {},
        raw: "{}",
        providerMessageId,
        status,
        at: new Date(Date.now() - random(30) * DAY_MS),
        participant: "",
        ...(callbackData !== undefined && { callbackData }),
        ...(status === "failed" && { fault: { code: 131_026, title: "Undeliverable" } }),
      };
      const item: StatusItem = { event, businessId: business.businessId, channelId: business.channelId, timeZone: "UTC" };
      return Array.from({ length: 1 + random(2) }, () => item);
    });
  });
  const open = (): StatusStore => {
    const database = test.open();
    return createStatusStore({
      ...createTestServices({ database, log: test.log }),
      db: database.acrossBusinesses,
      failPoints: noFailPoints,
    });
  };
  const [here, there] = [open(), open()];
  const order = shuffled(items, random);
  const half = Math.floor(order.length / 2);
  await Promise.all([storeAll(here, order.slice(0, half)), storeAll(there, order.slice(half))]);
  // Only now the answers to our own requests come.
  const database = test.open().forBusiness(business.businessId);
  const last = sent.filter(({ seq }) => seq === EACH);
  const ends = last.map(({ conversationId, id, providerMessageId }) => ({
    conversationId,
    fence: 1,
    messageId: id,
    settledTo: EACH,
    status: "accepted",
    providerMessageId,
    isSent: true,
    ...NOTHING_ELSE,
  }));
  expect(await database.run(finishSends, { ends })).toHaveLength(CONVERSATIONS);
  while ((await here.applyWaitingOnce()) > 0);
  const { rows } = await test.superuser.query<{ id: string; status: string }>("select id, status from onethread.messages");
  expect(rows.filter(({ id, status }) => expected.get(id) !== status)).toEqual([]);
  const { rows: recorded } = await test.superuser.query("select from onethread.message_statuses");
  expect(recorded).toHaveLength(new Set(items.map(({ event }) => `${event.providerMessageId} ${event.status}`)).size);
}, 120_000);
