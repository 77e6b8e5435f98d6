import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createLegacyDatabase, type LegacyDatabase } from "../../test/support/legacy-database.ts";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { runCli } from "../cli/program.ts";
import { runDoctor } from "../doctor/run-doctor.ts";

let target: TestDatabase;
let old: LegacyDatabase;
let directory: string;

// Only the columns that the mappings name, in the types of those projects.
const CHATWOOT = `
  create table accounts (id serial primary key, name text);
  create table inboxes (id serial primary key, account_id int, channel_type text);
  create table contacts (id serial primary key, account_id int, name text, phone_number text);
  create table contact_inboxes (id bigint primary key, contact_id bigint, inbox_id bigint, source_id text not null);
  create table conversations (id serial primary key, account_id int, inbox_id int, contact_id bigint, contact_inbox_id bigint, status int,
    last_activity_at timestamp, created_at timestamp);
  create table messages (id serial primary key, content text, account_id int, inbox_id int, conversation_id int, message_type int, created_at timestamp,
    private boolean default false, status int, source_id text, sender_type text, content_attributes json default '{}');
  create table attachments (id serial primary key, message_id int, file_type int default 0);
  insert into accounts values (1, 'Aurora');
  insert into inboxes values (1, 1, 'Channel::Whatsapp'), (2, 1, 'Channel::Email'), (3, 1, 'Channel::Api');
  insert into contacts values (1, 1, 'Ana', '+12025550147'), (2, 1, 'Bea', null);
  insert into contact_inboxes values (1, 1, 1, '12025550147'), (2, 2, 2, 'bea@example.com'), (3, 1, 1, '12025550147');
  insert into conversations values (1, 1, 1, 1, 1, 1, '2025-01-01', '2025-01-01'), (2, 1, 1, 1, 3, 0, '2025-02-01', '2025-02-01'), (3, 1, 2, 2, 2, 0, '2025-01-01', '2025-01-01');
  insert into messages (content, account_id, inbox_id, conversation_id, message_type, created_at, private, status, source_id, sender_type) values
    ('Hello', 1, 1, 1, 0, '2025-01-01 10:00', false, 0, 'wamid.a', 'Contact'), ('Good day', 1, 1, 1, 1, '2025-01-01 10:01', false, 2, 'wamid.b', 'User'),
    ('a note', 1, 1, 1, 1, '2025-01-01 10:02', true, 0, null, 'User'), ('resolved', 1, 1, 1, 2, '2025-01-01 10:03', false, 0, null, null),
    ('Again', 1, 1, 2, 0, '2025-02-01 10:00', false, 0, 'wamid.c', 'Contact'), ('mail', 1, 2, 3, 0, '2025-01-01 10:00', false, 0, null, 'Contact'),
    ('', 1, 1, 2, 0, '2025-02-01 10:01', false, 0, 'wamid.d', 'Contact'), (null, 1, 1, 2, 0, '2025-02-01 10:02', false, 0, 'wamid.e', 'Contact'),
    ('see this', 1, 1, 2, 1, '2025-02-01 10:03', false, 1, 'wamid.f', 'User'), ('', 1, 1, 2, 0, '2025-02-01 10:04', false, 0, 'wamid.g', 'Contact');
  insert into messages (content, account_id, inbox_id, conversation_id, message_type, created_at, private, status, source_id, sender_type, content_attributes) values
    ('This message was deleted', 1, 1, 2, 0, '2025-02-01 10:05', false, 0, 'wamid.h', 'Contact', '{"deleted": true}'),
    ('This message was deleted', 1, 1, 2, 0, '2025-02-01 10:06', false, 0, 'wamid.i', 'Contact', to_json('{"deleted": true}'::text)),
    ('that one', 1, 1, 2, 0, '2025-02-01 10:06:30', false, 0, 'wamid.j', 'Contact', '{"in_reply_to_external_id": "wamid.f"}'),
    ('hi', 1, 3, 4, 0, '2025-02-01 10:07', false, 0, 'WAID:1', 'Contact', '{}');
  insert into conversations values (4, 1, 3, 1, 3, 0, '2025-02-01', '2025-02-01');
  insert into attachments (message_id, file_type) select id, case source_id when 'wamid.d' then 0 when 'wamid.e' then 1 when 'wamid.f' then 3 else 4 end
    from messages where source_id in ('wamid.d', 'wamid.e', 'wamid.f', 'wamid.g');`;

const EVOLUTION = `
  create table "Instance" ("id" text primary key, "name" varchar(255));
  create table "Chat" ("id" text primary key, "remoteJid" varchar(100) not null, "createdAt" timestamp, "instanceId" text not null);
  create table "Message" ("id" text primary key, "key" jsonb not null, "messageType" varchar(100) not null, "message" jsonb not null, "messageTimestamp" int not null, "instanceId" text not null);
  insert into "Instance" values ('i1', 'shop');
  insert into "Chat" values ('ch1', '12025550199@s.whatsapp.net', '2025-01-01', 'i1');
  insert into "Message" values
    ('m1', '{"id": "3EB0A1", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'conversation', '{"conversation": "oi"}', 1735725600, 'i1'),
    ('m2', '{"id": "3EB0A2", "fromMe": true, "remoteJid": "12025550199@s.whatsapp.net"}', 'extendedTextMessage', '{"extendedTextMessage": {"text": "ola"}}', 1735725660, 'i1'),
    ('m3', '{"id": "3EB0A3", "fromMe": false, "remoteJid": "81203344556677@lid"}', 'imageMessage', '{"imageMessage": {"caption": "this"}}', 1735725720, 'i1'),
    ('m5', '{"id": "3EB0A5", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'reactionMessage', '{"reactionMessage": {"key": {"id": "3EB0A2"}, "text": "👍"}}', 1735725781, 'i1'),
    ('m6', '{"id": "3EB0A6", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'protocolMessage', '{"protocolMessage": {"key": {"id": "3EB0A1"}, "type": "REVOKE"}}', 1735725782, 'i1'),
    ('m7', '{"id": "3EB0A7", "fromMe": true, "remoteJid": "12025550199@s.whatsapp.net"}', 'protocolMessage', '{"protocolMessage": {"key": {"id": "3EB0A2"}, "type": 14, "editedMessage": {"conversation": "hello"}, "timestampMs": "1735725783000"}}', 1735725783, 'i1'),
    ('m8', '{"id": "3EB0A8", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'locationMessage', '{"locationMessage": {"degreesLatitude": 52.5, "degreesLongitude": 13.4, "name": "Home"}}', 1735725784, 'i1'),
    ('m9', '{"id": "3EB0A9", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'listResponseMessage', '{"listResponseMessage": {"title": "Two nights", "singleSelectReply": {"selectedRowId": "n2"}}}', 1735725785, 'i1'),
    ('m10', '{"id": "3EB0AA", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'senderKeyDistributionMessage', '{"senderKeyDistributionMessage": {"groupId": "x"}}', 1735725786, 'i1'),
    ('m11', '{"id": "3EB0AB", "fromMe": false, "remoteJid": "12025550199@s.whatsapp.net"}', 'audioMessage', '{"audioMessage": {"ptt": true}}', 1735725787, 'i1'),
    ('m12', '{"id": "3EB0AC", "fromMe": false, "remoteJid": "12025550198@s.whatsapp.net"}', 'conversation', '{"conversation": "bom dia"}', 1735725600, 'i1'),
    ('m13', '{"id": "3EB0AD", "fromMe": false, "remoteJid": "12025550198@s.whatsapp.net"}', 'reactionMessage', '{"reactionMessage": {"key": {"id": "3EB0AC"}, "text": "👍"}}', 1735812000, 'i1'),
    ('m14', '{"id": "3EB0AE", "fromMe": false, "remoteJid": "12025550198@s.whatsapp.net"}', 'pollUpdateMessage', '{"pollUpdateMessage": {"pollCreationMessageKey": {"id": "3EB0A0"}}}', 1735898400, 'i1'),
    ('m4', '{"id": "3EB0A4", "fromMe": false, "remoteJid": "status@broadcast"}', 'conversation', '{"conversation": "x"}', 1735725780, 'i1');`;

beforeAll(async () => {
  target = await createTestDatabase();
  old = await createLegacyDatabase({ clusterUrl: inject("postgresUrl"), messages: 20 });
  directory = await mkdtemp(join(tmpdir(), "onethread-mapping-"));
  await old.query(CHATWOOT + EVOLUTION);
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  await old.close();
  await target.close();
});

async function adopt(...args: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: target.url });
  const code = await runCli(["adopt", "--from", old.url, ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}

async function threads(source: string): Promise<readonly object[]> {
  const { rows } = await target.superuser.query<object>(
    `select bool_or(c.canonical_key like 'lid:%') as by_lid, array_agg(m.direction || ' ' || m.author || ' ' || m.type || ' ' || m.status || ' ' || coalesce(m.text, '') order by m.seq) as messages
     from messages m join conversations c on c.id = m.conversation_id where m.business_id in (select business_id from adoptions where source = $1)
     group by c.id order by count(*) desc`,
    [source],
  );
  return rows;
}

test("Chatwoot: WhatsApp inboxes only, both conversations of one contact in one thread, no notes and no activity lines", async () => {
  const { code, err, out } = await adopt("--mapping", "chatwoot", "--source", "chatwoot", "--create-businesses", "--execute");
  expect(err.replaceAll(/^\d+ of \d+ rows$/gm, "").trim()).toBe("");
  expect(code).toBe(0);
  const messages = ["in customer text received Hello", "out human text read Good day", "in customer text received Again"];
  messages.push(
    "in customer image received Photo",
    "in customer audio received Audio",
    "out human document delivered see this",
    "in customer location received Location",
  );
  messages.push("in customer revoke received ", "in customer revoke received ", "in customer text received that one");
  expect(await threads("chatwoot")).toEqual([{ by_lid: false, messages }]);
  const { rows } = await target.superuser.query(
    "select target_provider_message_id as target from messages where type = 'revoke' order by sent_at",
  );
  expect(rows).toEqual([{ target: "wamid.h" }, { target: "wamid.i" }]);
  const quotes = await target.superuser.query("select text from messages where quoted_provider_message_id = 'wamid.f'");
  expect(quotes.rows).toEqual([{ text: "that one" }]);
  // What gateways feed into Chatwoot is told, not lost in silence.
  expect(out).toContain("conversations: 1 where inbox_id is Channel::Api");
  expect(out).toContain("messages: 1 where inbox_id is Channel::Api");
  // A contact of Chatwoot is no lead of the business's CRM.
  expect((await target.superuser.query("select from conversations where lead_id is not null")).rowCount).toBe(0);
});

test("Evolution: a chat by its address, a LID as itself, a broadcast listed as nobody's", async () => {
  const { code, out } = await adopt("--mapping", "evolution", "--source", "evolution", "--create-businesses", "--execute");
  expect(code).toBe(0);
  expect(await threads("evolution")).toEqual([
    {
      by_lid: false,
      messages: [
        "in customer text received oi",
        "out api text accepted ola",
        "in customer reaction received 👍",
        "in customer revoke received ",
        "out api edit accepted hello",
        "in customer location received Location: Home (52.5, 13.4)",
        "in customer interactive received Two nights",
        "in customer audio received Voice note",
      ],
    },
    {
      by_lid: false,
      messages: ["in customer text received bom dia", "in customer reaction received 👍", "in customer poll_vote received Voted in a poll"],
    },
    { by_lid: true, messages: ["in customer image received this"] },
  ]);
  expect(out).toContain("14 messages = 12 placed + 0 already there + 2 that nobody can place");
  expect(out).toContain("m4");
  expect(out).toContain("It is not a message, but a key, a receipt or a setting of WhatsApp's protocol. (m10)");
  const { rows } = await target.superuser.query(
    "select type, provider_message_id as id, target_provider_message_id as target from messages where type in ('reaction', 'revoke', 'edit') and provider_message_id not like '%wamid%' and provider_message_id <> '3EB0AD' order by seq",
  );
  expect(rows).toEqual([
    { type: "reaction", id: "3EB0A5", target: "3EB0A2" },
    { type: "revoke", id: "revoke:3EB0A1", target: "3EB0A1" },
    { type: "edit", id: "edit:3EB0A2:1735725783000", target: "3EB0A2" },
  ]);
});

test("Evolution: a group's messages name their members, and quotes and advertisements beside a message are kept", async () => {
  await old.query(`
    alter table "Message" add column "contextInfo" jsonb, add column "pushName" text;
    insert into "Instance" values ('i2', 'club');
    insert into "Message" values
      ('g1', '{"id": "3EB0B1", "fromMe": false, "remoteJid": "120363000000000001@g.us", "participant": "81203344556678@lid", "participantAlt": "12025550197@s.whatsapp.net"}', 'conversation', '{"conversation": "who brings bread?"}', 1735725600, 'i2', null, 'Ana'),
      ('g2', '{"id": "3EB0B2", "fromMe": true, "remoteJid": "120363000000000001@g.us", "participant": "15550100200@s.whatsapp.net"}', 'conversation', '{"conversation": "we do"}', 1735725601, 'i2', '{"stanzaId": "3EB0B1"}', 'Aurora'),
      ('g3', '{"id": "3EB0B3", "fromMe": false, "remoteJid": "12025550196@s.whatsapp.net"}', 'conversation', '{"conversation": "hi"}', 1735725602, 'i2', '{"externalAdReply": {"title": "Chat with us", "sourceUrl": "https://example.com/ad"}}', 'Leo');`);
  expect((await adopt("--mapping", "evolution", "--source", "evolution", "--create-businesses", "--execute")).code).toBe(0);
  const { rows } = await target.superuser.query(
    `select content -> 'participant' as participant, quoted_provider_message_id as quoted, content #>> '{referral,headline}' as ad
       from messages where provider_message_id like '3EB0B_' and conversation_id in (select id from conversations where canonical_key ~ '120363|12025550196') order by sent_at`,
  );
  expect(rows).toEqual([
    { participant: { phone: "12025550197", lid: "81203344556678", name: "Ana" }, quoted: null, ad: null },
    { participant: null, quoted: "3EB0B1", ad: null },
    { participant: null, quoted: null, ad: "Chat with us" },
  ]);
});

test("a reaction and a vote as the last things that a customer did open no window, but move the thread", async () => {
  const { rows } = await target.superuser.query(
    `select c.last_customer_message_at as opened, c.last_message_at as moved
     from conversations c join messages m on m.conversation_id = c.id where m.provider_message_id = '3EB0AE'`,
  );
  expect(rows).toEqual([{ opened: new Date(1_735_725_600_000), moved: new Date(1_735_898_400_000) }]);
});

test("the doctor is content with both", async () => {
  const { checks } = await runDoctor({ url: target.url, log: target.log });
  expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
});

test.for([
  [["--mapping", "chatwood"], "use legacy, chatwoot, evolution, or the path"],
  [["--mapping", "wrong.json"], "is wrong at messages"],
  [["--mapping", "misfit.json"], "does not fit the mapping misfit"],
  [["--business", "nobody=0198c2f0-0000-7000-8000-000000000000"], "has no business nobody"],
  [["--business", "acme"], "<old>=<id>"],
] as const)("%s is answered with a sentence", async ([args, sentence]) => {
  const table = {
    table: "whatsapp_message",
    fields: { id: "id", businessId: "business_id", createdAt: "created_at", direction: "no_such_column" },
  };
  const misfit = {
    name: "misfit",
    about: "",
    keepLeadIds: true,
    conversations: { table: "whatsapp_conversation", fields: { id: "id", businessId: "business_id" } },
    messages: table,
  };
  await writeFile(join(directory, "misfit.json"), JSON.stringify(misfit));
  await writeFile(join(directory, "wrong.json"), JSON.stringify({ ...misfit, messages: { table: "m", fields: {} } }));
  const { code, out, err } = await adopt(...args.map((arg) => (arg.endsWith(".json") ? join(directory, arg) : arg)));
  expect(code).not.toBe(0);
  expect(err).toContain(sentence);
  expect(err).not.toMatch(/\n\s+at /);
  expect(out).toBe("");
});

test("a source that is not there is one sentence without its password", async () => {
  const terminal = createRecordingTerminal({ DATABASE_URL: target.url });
  expect(await runCli(["adopt", "--from", "postgres://old:hunter2@127.0.0.1:1/old"], terminal)).toBe(1);
  expect(terminal.complained.join("\n")).toContain("cannot be opened");
  expect(terminal.complained.join("\n")).not.toContain("hunter2");
});
