import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { newId } from "../kernel/ids.ts";
import { checks } from "./checks.ts";
import { runCheck, runDoctor, type CheckResult } from "./run-doctor.ts";
import { renderReport } from "./render-report.ts";

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
  "channels-in-trouble": () =>
    `insert into channel_signals (business_id, channel_id, aspect, state, health, sentence, at)
      values (${here()}, '${business.channelId}', 'account', 'DISABLE', 'banned', 'WhatsApp has disabled this account.', now());`,
  "accepted-without-provider-id": () =>
    `${drop("messages", "ck_message_has_provider_id")} update messages set provider_message_id = null where id = '${ids.reply}';`,
  "status-behind-its-record": () => `update messages set status = 'sent' where id = '${ids.reply}';`,
  "statuses-waiting": () => `update message_statuses set applied_at = null, received_at = ${move(61)};`,
  "window-times-behind": () => `update conversations set last_customer_message_at = null where id = '${ids.conversation}';`,
  "sent-outside-the-window": () => `update messages set attempted_at = now() + interval '25 hours' where id = '${ids.reply}';`,
  "sent-after-opt-out": () => `update conversations set opted_out_at = ${move(3_600)} where id = '${ids.conversation}';`,
  "marketing-after-stop": () =>
    `update messages set type = 'template', content = '{"type":"template","template":{"name":"sale","language":{"code":"en"}}}' where id = '${ids.reply}';
    update conversations set marketing_stopped_at = ${move(3_600)}, marketing_word_at = ${move(3_600)}, marketing_recorded_at = ${move(3_600)}
     where id = '${ids.conversation}';`,
  "sent-after-takeover": () =>
    `update messages set attempts = 1, received_at = ${move(7_200)} where id = '${ids.reply}';
    update conversations set ai_paused_at = ${move(3_600)}, ai_paused_reason = 'inbox' where id = '${ids.conversation}';`,
  "tables-without-row-level-security": () => "alter table messages disable row level security;",
  "roles-too-powerful": () => "grant create on schema onethread to onethread_app; alter table aliases owner to onethread_app;",
  "secrets-readable": () => "grant select on channel_secrets to onethread_reader;",
  "directory-to-nowhere": () => `update directory set target_id = '${newId()}';`,
};

/** All checks inside one transaction that is rolled back: after `sql`, which may do whatever a superuser may. */
async function examineAfter(sql: string): Promise<readonly CheckResult[]> {
  const client = await database.superuser.connect();
  try {
    await client.query(`begin; set local session_replication_role = replica; ${sql}`);
    await client.query("set local role onethread_reader");
    const results: CheckResult[] = [];
    for (const check of checks) results.push(await runCheck(client, check));
    return results;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

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
  const results = await examineAfter(breaks[check.name]?.() ?? "");
  const result = results.find(({ name }) => name === check.name);
  expect(result).toMatchObject({ state: check.severity, invariant: check.invariant, advice: `${check.finding} ${check.advice}` });
  expect(result?.count).toBeGreaterThan(0);
  expect(result?.examples.length).toBeGreaterThan(0);
  expect(results.filter(({ advice }) => advice.startsWith("This could not be checked"))).toEqual([]);
});

test("a question that waits is astray when its lane sleeps or is gone, too; what the AI says when it hands over is no breach", async () => {
  const stateAfter = async (name: string, sql: string) => (await examineAfter(sql)).find((result) => result.name === name)?.state;
  const asleep = `${drop("lanes", "ck_lane_awake")} update lanes set check_at = null where conversation_id = '${ids.other}';`;
  expect(await stateAfter("waiting-turns-astray", asleep)).toBe("broken");
  expect(await stateAfter("waiting-turns-astray", `delete from lanes where conversation_id = '${ids.other}';`)).toBe("broken");
  expect(await stateAfter("events-beyond-their-counter", "delete from event_counters;")).toBe("broken");
  const taken = breaks["sent-after-takeover"]?.() ?? "";
  const handed = `update turns set state = 'handed_off', reason = 'asked', finished_at = (select ai_paused_at from conversations where id = '${ids.conversation}');`;
  expect(await stateAfter("sent-after-takeover", `${taken} ${handed}`)).toBe("ok");
});

test("a channel that is stopped wants attention; a restriction that is over does not", async () => {
  const stateAfter = async (sql: string) => (await examineAfter(sql)).find(({ name }) => name === "channels-in-trouble")?.state;
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
  const results = await examineAfter("revoke select on sessions from onethread_reader;");
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
