import { afterAll, beforeAll, expect, test } from "vitest";
import type { MessageEvent } from "../whatsapp/events.ts";
import { MESSAGE_KINDS, MESSAGE_TYPES } from "../whatsapp/message-kinds.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import type { WebhookIntake } from "./webhook-intake.ts";

let database: TestDatabase;
let business: TestBusiness;
let intake: WebhookIntake;

beforeAll(async () => {
  database = await createTestDatabase();
  business = await createTestBusiness(database.superuser);
  intake = createTestIntake(database);
  // Whoever is called "Refused" is stored by the layer below the upsert.
  await database.superuser.query("alter table conversations add constraint ck_refuse check (contact_name <> 'Refused') not valid");
});
afterAll(() => database.close());

const SENT_AT = new Date(Date.now() - 60_000);
let counter = 0;

type Said = Partial<MessageEvent> & { readonly name?: string };

function eventOf(phone: string, { name = "Ann", ...said }: Said): MessageEvent {
  counter += 1;
  const type = said.type ?? "text";
  return {
    kind: "message",
    provider: "cloud",
    channelKey: business.phoneNumberId,
    direction: "in",
    providerMessageId: `wamid.alone-${String(counter)}`,
    customer: { phone, name },
    type,
    text: "hello",
    content: { type, [type]: {} },
    sentAt: SENT_AT,
    raw: "{}",
    ...said,
  };
}

/** Everything that the tables say of the thread of this phone, without ids and moments. */
async function stateOf(phone: string): Promise<unknown> {
  const thread = "(select conversation_id from aliases where value = $1)";
  const texts = [
    `select is_open, last_seq, last_message_at = $2 as at_sent, last_customer_message_at is not null as has_customer, contact_name, reply_kind,
       ai_paused_at is not null as is_paused, ai_paused_reason from conversations where id = ${thread} and $2::timestamptz is not null`,
    `select seq, direction, author, type, text, content, quoted_provider_message_id, target_provider_message_id, sent_at, status, is_history
       from messages where conversation_id = ${thread} and $2::timestamptz is not null order by seq`,
    `select kind, wanted, done, parked, check_at - last_at as waits, first_at = (select max(received_at) from messages m where m.conversation_id = l.conversation_id) as is_first
       from lanes l where conversation_id = ${thread} and $2::timestamptz is not null order by kind`,
    `select type, data from events where conversation_id = ${thread} and $2::timestamptz is not null order by at`,
    `select w.state, w.kind, w.reason, w.body from webhook_log w join messages m on m.id = w.id where m.conversation_id = ${thread} and $2::timestamptz is not null`,
    "select kind, scope from aliases where value = $1 and $2::timestamptz is not null",
  ];
  const results = await Promise.all(texts.map((text) => database.superuser.query<Record<string, unknown>>(text, [phone, SENT_AT])));
  return results.map(({ rows }) => rows);
}

const edit = { direction: "in", type: "edit", targetProviderMessageId: "wamid.x" } as const;

const KINDS: Readonly<Record<string, Said>> = {
  text: {},
  quote: { quotedProviderMessageId: "wamid.x" },
  "message of the past": { isHistory: true },
  "message from the WhatsApp app": { direction: "out" },
  "message from the WhatsApp app in the past": { direction: "out", isHistory: true },
  "reaction to a message": { ...edit, type: "reaction" },
  "revoke of a message": { ...edit, type: "revoke" },
  "edit of a message": edit,
  "unsupported edit": { type: "unsupported", content: { type: "unsupported", unsupported: { type: "edit" } } },
  "unsupported vote": { type: "unsupported", content: { type: "unsupported", unsupported: { type: "poll_update" } } },
  ...Object.fromEntries(MESSAGE_TYPES.map((type) => [`message of the type ${type}`, { type }])),
};
const NEVER_OPENS = [
  "message of the past",
  "message from the WhatsApp app",
  "message from the WhatsApp app in the past",
  "unsupported edit",
  "unsupported vote",
];

test.each(Object.entries(KINDS))(
  "the layer below the upsert stores a %s exactly as the batch does, a repeat included",
  async (kind, said) => {
    const at = Object.keys(KINDS).indexOf(kind);
    const [whole, bare] = [`1202555${String(1000 + at)}`, `1202556${String(1000 + at)}`];
    const results: unknown[] = [];
    for (const phone of [whole, bare]) {
      await intake.receive([eventOf(phone, {})]);
      await database.superuser.query(
        `update conversations set is_open = false where id = (select conversation_id from aliases where value = $1)`,
        [phone],
      );
      await database.superuser.query(
        `update lanes set done = wanted, check_at = null where conversation_id = (select conversation_id from aliases where value = $1)`,
        [phone],
      );
      const event = eventOf(phone, { ...said, name: phone === bare ? "Refused" : "Ann" });
      // The first delivery holds it twice; the second is a repeat.
      results.push([await intake.receive([event, event]), await intake.receive([event])]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toEqual([
      { stored: 1, duplicates: 1, quarantined: 0 },
      { stored: 0, duplicates: 1, quarantined: 0 },
    ]);
    expect(await stateOf(bare)).toEqual(await stateOf(whole));
    const { rows } = await database.superuser.query<{ last_seq: number; is_open: boolean }>(
      "select last_seq::int, is_open from conversations where id = (select conversation_id from aliases where value = $1)",
      [bare],
    );
    const reopens = !NEVER_OPENS.includes(kind) && MESSAGE_KINDS[said.type ?? "text"].opens;
    expect(rows).toEqual([{ last_seq: 2, is_open: reopens }]);
  },
);
