import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { newId } from "../kernel/ids.ts";
import type { Ask } from "./ask.ts";
import { checks } from "./checks.ts";
import { examine, type Examination } from "./examine.ts";
import { renderReport } from "./render-report.ts";
import { runDoctor } from "./run-doctor.ts";

let database: TestDatabase;
let business: TestBusiness;
const ids = { conversation: newId(), other: newId(), turn: newId(), first: newId(), second: newId(), reply: newId(), session: newId() };
const here = (): string => `'${business.businessId}'`;

/** Two messages of a customer, one turn that answers both, its reply, delivered; and a second customer who just wrote. */
const healthyThread = (): string => `
  insert into conversations (business_id, id, canonical_key, last_seq, last_message_at, last_customer_message_at, created_at, updated_at) values
    (${here()}, '${ids.conversation}', 'phone:b:+1', 3, now(), now(), now(), now()),
    (${here()}, '${ids.other}', 'phone:b:+2', 1, now(), now(), now(), now());
  insert into aliases values (${here()}, 'phone', '12025550147', '${ids.conversation}', now());
  insert into sessions values (${here()}, '${ids.session}', '${ids.conversation}', 1, null, now(), null, null, null);
  insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at)
    values (${here()}, '${ids.turn}', '${ids.conversation}', 1, 2, 'replied', 1, now(), now());
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at) values
    (${here()}, '${ids.first}', '${ids.conversation}', 1, '${business.channelId}', 'in', 'customer', 'wamid.1', 'text', '{}', now() - interval '1 minute', now()),
    (${here()}, '${ids.second}', '${ids.conversation}', 2, '${business.channelId}', 'in', 'customer', 'wamid.2', 'text', '{}', now(), now()),
    (${here()}, '${newId()}', '${ids.other}', 1, '${business.channelId}', 'in', 'customer', 'wamid.3', 'text', '{}', now(), now());
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at,
      status, turn_id, turn_part, attempted_at, accepted_at)
    values (${here()}, '${ids.reply}', '${ids.conversation}', 3, '${business.channelId}', 'out', 'ai', 'wamid.4', 'text', '{}', now(), now(),
      'read', '${ids.turn}', 0, now(), now());
  insert into message_statuses (business_id, channel_id, provider_message_id, status, at, received_at, applied_at)
    values (${here()}, '${business.channelId}', 'wamid.4', 'delivered', now(), now(), now());
  insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, done, fence) values
    (${here()}, '${ids.conversation}', 'reply', null, now(), now(), 2, 2, 1),
    (${here()}, '${ids.conversation}', 'send', null, now(), now(), 3, 3, 1),
    (${here()}, '${ids.conversation}', 'session', now(), now(), now(), 2, 0, 1),
    (${here()}, '${ids.other}', 'reply', now(), now(), now(), 1, 0, 0);
  insert into waiting_turns (business_id, conversation_id, id, covers_to, answered_to, waits_for, asked_at, expires_at)
    values (${here()}, '${ids.other}', '${newId()}', 1, 0, 'answer', now(), now());
  insert into events (business_id, id, type, at, position) values (${here()}, '${newId()}', 'turn.replied', now(), 1);
  insert into event_counters values (${here()}, 1);`;

const drop = (table: string, constraint: string): string => `alter table ${table} drop constraint ${constraint};`;
const move = (seconds: number): string => `now() - interval '${String(seconds)} seconds'`;
const another = (columns: string, values: string, conversation = ids.conversation): string =>
  `insert into messages (business_id, id, conversation_id, channel_id, content, sent_at, received_at, ${columns})
    values (${here()}, '${newId()}', '${conversation}', '${business.channelId}', '{}', now(), now(), ${values});`;

const campaign = (dueAt: string): string =>
  `insert into campaigns (business_id, id, name, channel_id, template, state, due_at)
    values (${here()}, '${ids.session}', 'Autumn', '${business.channelId}', '{}', 'started', ${dueAt});`;
const row = (position: number, messageId: string): string =>
  `insert into campaign_recipients (business_id, campaign_id, position, address, customer, state, message_id, released_at)
    values (${here()}, '${ids.session}', ${String(position)}, '1', '1', 'released', '${messageId}', now());`;

const file = (id: string, state: string): string =>
  `insert into media (business_id, id, message_id, created_at, state_at, state, due_at, error_code) values (${here()}, '${id}', '${id}', now(), now(), ${state});`;

/** What each check exists for, done by hand: as the superuser, with the guard taken away first. Must be in step with the list of checks. */
const breaks: Readonly<Record<string, () => string>> = {
  "guards-missing": () => drop("messages", "uq_message_seq"),
  "guards-not-valid": () =>
    `${drop("aliases", "fk_alias_conversation")} alter table aliases add constraint fk_alias_conversation
      foreign key (business_id, conversation_id) references conversations (business_id, id) not valid;`,
  "quarantined-webhooks": () =>
    `insert into webhook_log values (${here()}, '${newId()}', now(), 'quarantined', 'unknown channel', 'cloud', 'message', 'x', '{}', null);`,
  "webhooks-without-message": () =>
    `insert into webhook_log values (${here()}, '${newId()}', now(), 'stored', null, 'cloud', 'message', 'x', '{}', null);`,
  "history-waiting": () =>
    `insert into history_chunks (business_id, id, channel_id, messages, digest, body, received_at, due_at)
      values (${here()}, '${newId()}', '${business.channelId}', 1, 'x', '{}', ${move(4_000)}, now());`,
  "duplicate-provider-ids": () =>
    `${drop("messages", "uq_message_provider_id")} ${another("seq, direction, author, type, provider_message_id", "4, 'in', 'customer', 'text', 'wamid.1'")}`,
  "duplicate-canonical-keys": () =>
    `${drop("conversations", "uq_wa_conv_canonical_key")} update conversations set canonical_key = 'phone:b:+1' where id = '${ids.other}';`,
  "threads-without-person": () => `update conversations set canonical_key = 'user:b:unnamed:1' where id = '${ids.other}';`,
  "conversation-times-behind": () => `update conversations set last_message_at = ${move(3_600)} where id = '${ids.conversation}';`,
  "messages-without-conversation": () => `update messages set conversation_id = '${newId()}' where id = '${ids.reply}';`,
  "messages-in-tombstones": () => `update conversations set merged_into = '${ids.other}' where id = '${ids.conversation}';`,
  "messages-beyond-last-seq": () => `update conversations set last_seq = 2 where id = '${ids.conversation}';`,
  "messages-of-unknown-channel": () => `update messages set channel_id = '${newId()}' where id = '${ids.first}';`,
  "merge-chains": () =>
    `insert into conversations (business_id, id, canonical_key, merged_into, last_message_at, created_at, updated_at)
      values (${here()}, '${newId()}', 'phone:b:+3', '${ids.other}', now(), now(), now());
    update conversations set merged_into = '${ids.conversation}' where id = '${ids.other}';`,
  "duplicate-aliases": () =>
    `${drop("aliases", "aliases_pkey")} insert into aliases values (${here()}, 'phone', '12025550147', '${ids.other}', now());`,
  "aliases-to-nowhere": () => `update conversations set merged_into = '${ids.other}' where id = '${ids.conversation}';`,
  "two-open-sessions": () =>
    `drop index uq_session_open; insert into sessions values (${here()}, '${newId()}', '${ids.conversation}', 2, null, now(), null, null, null);`,
  "overlapping-sessions": () =>
    `insert into sessions values (${here()}, '${newId()}', '${ids.conversation}', 2, 3, now(), now(), 'by_hand', null);`,
  "sessions-forgotten": () => `update lanes set check_at = null, done = wanted where kind = 'session';`,
  "summaries-missing": () =>
    `update sessions set to_seq = 2, closed_at = ${move(3_700)}, closed_reason = 'inactive', summary_state = 'pending';`,
  "turns-not-contiguous": () => `update turns set covers_from = 2 where id = '${ids.turn}';`,
  "inbound-not-covered": () => `delete from turns;`,
  "turns-and-lane-disagree": () =>
    `update lanes set wanted = 1, done = 1 where conversation_id = '${ids.conversation}' and kind = 'reply';`,
  "reply-lane-behind": () => `delete from lanes where conversation_id = '${ids.other}';`,
  "lanes-asleep-with-work": () => `${drop("lanes", "ck_lane_awake")} update lanes set check_at = null;`,
  "lanes-overdue": () => `update lanes set check_at = ${move(90)} where check_at is not null;`,
  "replied-turn-without-message": () => `delete from messages where id = '${ids.reply}';`,
  "two-replies-for-one-turn": () =>
    `drop index uq_message_turn_part;
    ${another("seq, direction, author, type, status, turn_id, turn_part", `4, 'out', 'ai', 'text', 'queued', '${ids.turn}', 0`)}`,
  "reply-of-a-turn-that-has-none": () => `update turns set state = 'superseded' where id = '${ids.turn}';`,
  "waiting-turns-astray": () => `update waiting_turns set conversation_id = '${ids.conversation}', covers_to = 2;`,
  "failed-turns": () => `update turns set state = 'failed', reason = 'model' where id = '${ids.turn}';`,
  "turns-behind-their-fence": () => `update turns set fence = 2 where id = '${ids.turn}';`,
  "events-beyond-their-counter": () => `update events set position = 2;`,
  "lanes-that-keep-failing": () => `update lanes set attempts = 5 where conversation_id = '${ids.other}';`,
  "sends-forgotten": () => another("seq, direction, author, type, status", "4, 'out', 'api', 'text', 'queued'"),
  "sends-stuck": () => another("seq, direction, author, type, status, attempted_at", `4, 'out', 'api', 'text', 'sending', ${move(301)}`),
  "sends-unknown": () => another("seq, direction, author, type, status", "4, 'out', 'api', 'text', 'unknown'"),
  "campaigns-overdue": () => campaign(move(61)),
  "campaign-messages-astray": () => `${campaign("null")} ${row(1, ids.reply)}`,
  "campaign-customers-twice": () =>
    `${campaign("null")} update messages set campaign_id = '${ids.session}' where id = '${ids.reply}'; ${row(1, ids.reply)}
    ${another("seq, direction, author, type, status, campaign_id, provider_message_id", `4, 'out', 'api', 'template', 'sent', '${ids.session}', 'wamid.9'`)}
    insert into campaign_recipients (business_id, campaign_id, position, address, customer, state, message_id, released_at)
      select business_id, campaign_id, 2, '2', '2', 'released', id, now() from messages where provider_message_id = 'wamid.9';`,
  "scheduled-overdue": () =>
    `insert into scheduled_messages (business_id, id, conversation_id, author, type, content, send_at)
     values (${here()}, '${newId()}', '${ids.conversation}', 'api', 'text', '{}', ${move(61)});`,
  "channels-in-trouble": () =>
    `insert into channel_signals (business_id, channel_id, aspect, state, health, sentence, at)
      values (${here()}, '${business.channelId}', 'account', 'DISABLE', 'banned', 'WhatsApp has disabled this account.', now());`,
  "categories-stopped": () =>
    `insert into category_stops (business_id, account_id, category, since, until, reason, event_id)
      values (${here()}, '300000000000001', 'UTILITY', now(), now() + interval '1 day', 'Filed under a wrong category.', '${newId()}');`,
  "templates-stale": () =>
    `insert into template_accounts (business_id, account_id, synced_at) values (${here()}, '300000000000001', ${move(172_801)})
      on conflict on constraint template_accounts_pkey do update set synced_at = excluded.synced_at;
    update channels set account_id = '300000000000001';`,
  "templates-awaited": () =>
    `update channels set account_id = '300000000000001';
    insert into template_states (business_id, account_id, name, language, status) values (${here()}, '300000000000001', 'sale', 'en', 'ARCHIVED');
    ${campaign("now()")} update campaigns set template = '{"name":"sale","language":{"code":"en"}}';
    update conversations set reply_channel_id = '${business.channelId}', reply_kind = 'phone', reply_address = '12025550147';
    insert into scheduled_messages (business_id, id, conversation_id, author, type, content, send_at)
      select ${here()}, '${newId()}', '${ids.conversation}', 'api', 'template', jsonb_build_object('type', 'template', 'template', template), now() + interval '1 day' from campaigns;`,
  "direct-send-closed": () =>
    `insert into direct_send_access (business_id, account, state, since, event_id) values (${here()}, '300000000000001', 'closed', now(), '${newId()}');`,
  "accepted-without-provider-id": () =>
    `${drop("messages", "ck_message_has_provider_id")} update messages set provider_message_id = null where id = '${ids.reply}';`,
  "status-behind-its-record": () => `update messages set status = 'sent' where id = '${ids.reply}';`,
  "statuses-waiting": () => `update message_statuses set applied_at = null, received_at = ${move(61)};`,
  "price-behind-its-record": () => "update message_statuses set price = '4 2026-11-25 utility regular US';",
  "usage-impossible": () =>
    `insert into usage_days values (${here()}, '${business.channelId}', '2026-11-25', 'utility', 'regular', 'US', 0, -1, 0);`,
  "window-times-behind": () => `update conversations set last_customer_message_at = null where id = '${ids.conversation}';`,
  "sent-outside-the-window": () => `update messages set attempted_at = now() + interval '25 hours' where id = '${ids.reply}';`,
  "sent-after-opt-out": () => `update conversations set opted_out_at = ${move(0)} where id = '${ids.conversation}';
    update messages set attempted_at = now() + interval '1 minute' where id = '${ids.reply}';`,
  "marketing-after-stop": () =>
    `update messages set type = 'template', content = '{"type":"template","template":{"name":"sale","language":{"code":"en"}}}' where id = '${ids.reply}';
    update conversations set marketing_stopped_at = ${move(3_600)}, marketing_word_at = ${move(3_600)}, marketing_recorded_at = ${move(3_600)}
     where id = '${ids.conversation}';`,
  "thread-owners-astray": () =>
    `update conversations set merged_into = '${ids.other}' where id = '${ids.conversation}';
    insert into thread_owners (business_id, conversation_id, channel_id, owner, told_by, at)
      values (${here()}, '${ids.conversation}', '${business.channelId}', 'other', 'standby', now());`,
  "silent-in-own-threads": () =>
    `update conversations set ai_paused_at = ${move(600)}, ai_paused_reason = 'standby' where id = '${ids.conversation}';`,
  "sent-after-takeover": () =>
    `update messages set attempts = 1, received_at = ${move(7_200)} where id = '${ids.reply}';
    update conversations set ai_paused_at = ${move(3_600)}, ai_paused_reason = 'inbox' where id = '${ids.conversation}';`,
  "media-ready-without-file": () => `${drop("media", "ck_media_ready")} ${file(ids.first, "'ready', null, null")}`,
  "media-forgotten": () => `${drop("media", "ck_media_due")} ${file(ids.first, "'pending', null, null")}`,
  "media-of-nobody": () => file(newId(), "'pending', now(), null"),
  "media-overdue": () => file(ids.first, `'fetching', ${move(601)}, null`),
  "transcripts-overdue": () =>
    `${file(ids.first, "'refused', null, 'infected'")} insert into transcripts (business_id, media_id, due_at, created_at, state_at)
      values (${here()}, '${ids.first}', ${move(601)}, now(), now());`,
  "media-failed": () => file(ids.first, "'failed', null, 'not_found'"),
  "sends-without-file": () =>
    another("seq, direction, author, type, status", "4, 'out', 'api', 'image', 'queued'").replace(
      "'{}'",
      `'{"type":"image","image":{"id":"${newId()}"}}'`,
    ),
  "named-files-to-be-removed": () =>
    `update messages set type = 'image', content = '{"type":"image","image":{"id":"${ids.turn}"}}' where id = '${ids.reply}';
    insert into unsent_media (business_id, id, remove_at) values (${here()}, '${ids.turn}', now() + interval '1 day');`,
  "uploads-overdue": () => `insert into unsent_media (business_id, id, remove_at) values (${here()}, '${newId()}', ${move(86_500)});`,
  "tables-without-row-level-security": () => "alter table messages disable row level security;",
  "roles-too-powerful": () => "grant create on schema onethread to onethread_app; alter table aliases owner to onethread_app;",
  "secrets-readable": () => "grant select on channel_secrets to onethread_reader;",
  "directory-to-nowhere": () => `update directory set target_id = '${newId()}';`,
};

interface Circumstances {
  readonly sliceSize?: number;
  /** So many statements, and the time is over. */
  readonly asksInTime?: number;
}

/** An examination inside a transaction that is rolled back: after `sql`, which may do whatever a superuser may. */
async function examineAfter(sql: string, { sliceSize = 1_000, asksInTime = Infinity }: Circumstances = {}): Promise<Examination> {
  const client = await database.superuser.connect();
  let asksLeft = asksInTime;
  const ask: Ask = async <R extends object>(text: string, values: readonly unknown[]) => {
    asksLeft -= 1;
    if (asksLeft < 0) throw new Error("there is no time left");
    await client.query("savepoint ask");
    try {
      return (await client.query<R>(text, [...values])).rows;
    } catch (error) {
      await client.query("rollback to savepoint ask");
      throw error;
    }
  };
  try {
    await client.query(`begin; set local session_replication_role = replica; ${sql}`);
    await client.query("set local role onethread_reader");
    return await examine({ ask, checks, sliceSize, timeLeftMs: () => asksLeft });
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** What was found, and of what. */
const foundIn = ({ checks: results, coverage }: Examination): object => ({
  coverage,
  results: results.map(({ tookMs: _, examples, ...result }) => ({ ...result, examples: examples.toSorted() })),
});

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.close();
});

test("an empty database is healthy", async () => {
  const report = await runDoctor({ url: database.url, log: database.log });
  expect(report.checks.filter((check) => check.state !== "ok")).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.checks).toHaveLength(checks.length + 1);
  business = await createTestBusiness(database.superuser);
  await database.superuser.query(healthyThread());
});

test("a small live database is healthy", async () => {
  const report = await runDoctor({ url: database.url, log: database.log });
  expect(report.checks.filter((check) => check.state !== "ok")).toEqual([]);
  expect(renderReport(report)).toContain("All invariants hold");
});

test("every check is broken by hand below, and every name is different", () => {
  expect(Object.keys(breaks).toSorted()).toEqual(checks.map((check) => check.name).toSorted());
});

test.for(checks)("$name turns red when it is broken, and says what to do", async (check) => {
  const broken = breaks[check.name]?.() ?? "";
  const examination = await examineAfter(broken);
  const results = examination.checks;
  const result = results.find(({ name }) => name === check.name);
  expect(result).toMatchObject({ state: check.severity, invariant: check.invariant, advice: `${check.finding} ${check.advice}` });
  expect(result?.count).toBeGreaterThan(0);
  expect(result?.examples.length).toBeGreaterThan(0);
  expect(results.filter(({ advice }) => advice.startsWith("This could not be checked"))).toEqual([]);
  expect(foundIn(await examineAfter(broken, { sliceSize: 1 }))).toEqual(foundIn(examination));
});

test.for(["duplicate-provider-ids", "duplicate-canonical-keys", "duplicate-aliases", "two-replies-for-one-turn"])(
  "%s does not take the word of a unique index that says that there can be none",
  async (name) => {
    // The guard stays, and holds what it should have refused: as when the order of texts changes below an index.
    const [, guard = ""] = /(?:constraint|drop index) (uq_\w+|aliases_pkey);/.exec(breaks[name]?.() ?? "") ?? [];
    const setUnique = (is: boolean): string =>
      `update pg_index set indisunique = ${String(is)}, indisprimary = indisprimary and ${String(is)} where indexrelid = 'onethread.${guard}'::regclass;`;
    const sql = (breaks[name]?.() ?? "").replace(/alter table \w+ drop constraint \w+;|drop index \w+;/, setUnique(false));
    const { checks: results } = await examineAfter(`${sql} ${setUnique(true)}`);
    expect(results.find((result) => result.name === name)).toMatchObject({ state: "broken", count: 1 });
    expect(results.find((result) => result.name === "guards-missing")).toMatchObject({ state: "ok" });
  },
);

/** Of what is not there: a message, a turn that does not begin at 1, a lane that sleeps, a session that is forgotten, an alias. */
const strays = (): string => `
  ${drop("lanes", "ck_lane_awake")}
  ${another("seq, direction, author, type, provider_message_id", "1, 'in', 'customer', 'text', 'wamid.stray'", newId())}
  insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at)
    values (${here()}, '${newId()}', '${newId()}', 5, 6, 'replied', 1, now(), now());
  insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted) values (${here()}, '${newId()}', 'send', null, now(), now(), 1);
  insert into sessions values (${here()}, '${newId()}', '${newId()}', 1, null, now(), null, null, null);
  insert into aliases values (${here()}, 'phone', '12025550199', '${newId()}', now());`;

test.for<[string, () => string, Readonly<Record<string, number>>]>([
  [
    "a message that is in two conversations",
    () =>
      `${drop("messages", "uq_message_provider_id")} ${another("seq, direction, author, type, provider_message_id", "2, 'in', 'customer', 'text', 'wamid.1'", ids.other)}
      ${another("seq, direction, author, type, provider_message_id", "4, 'in', 'customer', 'text', 'wamid.1'")}`,
    { "duplicate-provider-ids": 1 },
  ],
  [
    "a reply that is in two conversations",
    () => `drop index uq_message_turn_part;
      ${another("seq, direction, author, type, status, turn_id, turn_part", `2, 'out', 'ai', 'text', 'queued', '${ids.turn}', 0`, ids.other)}`,
    { "two-replies-for-one-turn": 1, "reply-of-a-turn-that-has-none": 1 },
  ],
  [
    "what names a conversation that is not there",
    strays,
    {
      "messages-without-conversation": 1,
      "turns-not-contiguous": 1,
      "replied-turn-without-message": 1,
      "lanes-asleep-with-work": 1,
      "sessions-forgotten": 1,
      "aliases-to-nowhere": 1,
    },
  ],
  [
    "a conversation of long ago, and a merged one",
    () =>
      `update conversations set last_message_at = ${move(200_000)} where id = '${ids.conversation}';
      update conversations set merged_into = '${ids.conversation}' where id = '${ids.other}';`,
    { "conversation-times-behind": 1, "messages-in-tombstones": 1 },
  ],
])("%s is found once, whichever slices there are", async ([, sql, expected]) => {
  for (const sliceSize of [1, 2, 1_000]) {
    const { checks: results } = await examineAfter(sql(), { sliceSize });
    const counts = Object.fromEntries(results.map(({ name, count }) => [name, count]));
    expect(counts).toMatchObject(expected);
  }
});

test("nothing is claimed about what there was no time to look at, whenever it is over", async () => {
  const broken = breaks["turns-not-contiguous"]?.() ?? "";
  const all = await examineAfter(broken, { sliceSize: 1 });
  const seen = new Set<string>();
  for (let asksInTime = 0, isOver = false; !isOver; asksInTime += 5) {
    const { checks: results, coverage } = await examineAfter(broken, { sliceSize: 1, asksInTime });
    isOver = results.every(({ complete }) => complete);
    seen.add(results.find(({ name }) => name === "turns-not-contiguous")?.state ?? "");
    for (const { name, state, complete, count } of results) {
      const inAll = all.checks.find((result) => result.name === name);
      expect(count).toBeLessThanOrEqual(inAll?.count ?? 0);
      if (state === "ok") expect({ name, complete, inAll: inAll?.state }).toEqual({ name, complete: true, inAll: "ok" });
    }
    if (!isOver) expect(results.filter(({ state }) => state === "partly")).not.toEqual([]);
    expect(coverage.conversations.lookedAt).toBeLessThanOrEqual(isOver ? 2 : 1 + Number(coverage.webhooks.lookedAt <= 1));
  }
  expect([...seen]).toEqual(["partly", "broken"]);
});

test("the report of what was not looked at to its end says how much was, and how to look at all", async () => {
  const { checks: results, coverage } = await examineAfter("", { sliceSize: 1, asksInTime: 73 });
  expect(coverage.conversations).toMatchObject({ lookedAt: 1 });
  const text = renderReport({ ok: false, complete: false, tookMs: 30_000, coverage, checks: results });
  expect(text).toMatch(/^partly {2}turns-not-contiguous/m);
  expect(text).toContain("Nothing is broken in what was looked at.");
  expect(text).toMatch(/not everything was looked at in 30 s: 1 of about [\d,]+ conversations/);
  expect(text).toContain("onethread doctor --all");
  expect(text).not.toContain("All invariants hold");
});

test("a question that waits is astray when its lane sleeps or is gone, too; what the AI says when it hands over is no breach", async () => {
  const stateAfter = async (name: string, sql: string) => (await examineAfter(sql)).checks.find((result) => result.name === name)?.state;
  const asleep = `${drop("lanes", "ck_lane_awake")} update lanes set check_at = null where conversation_id = '${ids.other}';`;
  expect(await stateAfter("waiting-turns-astray", asleep)).toBe("broken");
  expect(await stateAfter("waiting-turns-astray", `delete from lanes where conversation_id = '${ids.other}';`)).toBe("broken");
  expect(await stateAfter("events-beyond-their-counter", "delete from event_counters;")).toBe("broken");
  const taken = breaks["sent-after-takeover"]?.() ?? "";
  const handed = `update turns set state = 'handed_off', reason = 'asked', finished_at = (select ai_paused_at from conversations where id = '${ids.conversation}');`;
  expect(await stateAfter("sent-after-takeover", `${taken} ${handed}`)).toBe("ok");
});

test("a channel that is stopped wants attention; a restriction that is over does not", async () => {
  const stateAfter = async (sql: string) => (await examineAfter(sql)).checks.find(({ name }) => name === "channels-in-trouble")?.state;
  expect(await stateAfter(`update channels set stopped_at = now(), stopped_reason = 'by hand';`)).toBe("warn");
  const restriction = (until: string): string =>
    `${breaks["channels-in-trouble"]?.() ?? ""} update channel_signals set health = 'restricted', until = now() + interval '${until}';`;
  expect(await stateAfter(restriction("-1 second"))).toBe("ok");
  expect(await stateAfter(restriction("1 hour"))).toBe("warn");
});

test("a broken database makes the report say so, with at most five examples and no customer's data", async () => {
  const many = Array.from({ length: 7 }, (_, index) =>
    another("seq, direction, author, type, status", `${String(index + 4)}, 'out', 'api', 'text', 'queued'`),
  );
  await database.superuser.query(
    `${many.join(" ")} update conversations set last_seq = 10, last_message_at = now() where id = '${ids.conversation}';`,
  );
  const report = await runDoctor({ url: database.url, log: database.log });
  const broken = report.checks.filter((check) => check.state === "broken");
  expect(broken).toMatchObject([{ name: "sends-forgotten", count: 7 }]);
  expect(broken[0]?.examples).toHaveLength(5);
  expect(report.ok).toBe(false);
  expect(renderReport(report)).toContain("BROKEN  sends-forgotten");
  expect(JSON.stringify(report)).not.toContain("12025550147");
  await database.superuser.query("delete from messages where status = 'queued'");
});

test("a check that cannot be asked counts as broken, and the others are still asked", async () => {
  const { checks: results } = await examineAfter("revoke select on sessions from onethread_reader;");
  expect(results.filter((result) => result.state === "broken").map((result) => result.name)).toEqual([
    "two-open-sessions",
    "overlapping-sessions",
    "sessions-forgotten",
    "summaries-missing",
  ]);
});

test("a database that is behind is told to migrate, and nothing else is claimed about it", async () => {
  await database.superuser.query("update onethread.migrations set name = 'elsewhere'");
  const report = await runDoctor({ url: database.url, log: database.log });
  expect(report.checks).toMatchObject([{ name: "migrations-pending", state: "broken" }]);
  expect(report.checks[0]?.advice).toContain("onethread migrate");
});
