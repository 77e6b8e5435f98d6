// Owns: the rows of one large business, as SQL over generate_series: customers who have each written five times and were answered five times, in the order in
// which it would have happened, so that the messages of a thread lie as far apart as they do in life. Refuses to know how they are loaded.
// Whatever the size, each conversation has the same number of rows, and the customers of the load generator are among them.
import { KNOWN_CUSTOMERS } from "./payloads.ts";

export interface ScalePlan {
  readonly businessId: string;
  readonly channelId: string;
  readonly conversations: number;
}

export interface LoadStep {
  readonly name: string;
  readonly sql: string;
}

export const MESSAGES_EACH = 10;
/** Whoever is not a customer of the load generator has a number from here on. */
const OTHER_PHONES_FROM = 13_000_000_000;
const LOAD_PHONES_FROM = 12_020_000_000;
/** Each conversation begins in the order of its number; later messages come in another one. */
const STRIDE = 7_919;
const SHIFT = 104_729;

/** Every so many conversations one is of a customer of the load generator. */
const stepOf = (conversations: number): number => Math.max(1, Math.floor(conversations / (2 * KNOWN_CUSTOMERS)));

/** The phone number of a conversation that the load generator leaves alone, and after which only such follow. */
export const quietPhonesFrom = (conversations: number): number => OTHER_PHONES_FROM + KNOWN_CUSTOMERS * stepOf(conversations);

function inverseOf(value: number, modulus: number): number {
  let [a, b, x, y] = [value % modulus, modulus, 1, 0];
  while (a > 1) [a, b, x, y] = [b % a, a, y - Math.floor(b / a) * x, x];
  return ((x % modulus) + modulus) % modulus;
}

const FIRST = [
  "Maria",
  "João",
  "Ana",
  "José",
  "Lucía",
  "Mateus",
  "Zoë",
  "Ahmed",
  "Chloé",
  "Björn",
  "Priya",
  "Wei",
  "Olga",
  "Kofi",
  "Inês",
  "Luis",
];
const LAST = [
  "Silva",
  "Souza",
  "García",
  "Müller",
  "Okafor",
  "Sharma",
  "Nguyen",
  "Ivanova",
  "Costa",
  "Haddad",
  "Larsen",
  "Tanaka",
  "Rossi",
];
const TEXTS = [
  "Hi! Are you open on Sunday, and until when?",
  "My order 48213 has not arrived yet, could you look it up please?",
  "ok thanks",
  "Do you deliver to Rua das Flores? Minha irmã quer saber também",
  "I would like to change my appointment from Tuesday to Thursday afternoon, around four o''clock if that is still possible.",
];
const oneOf = (values: readonly string[], index: string): string =>
  `(array[${values.map((value) => `'${value}'`).join(", ")}])[1 + (${index}) % ${String(values.length)}]`;

/** What the steps below share; all of it is put in place by the planner. */
function functionsOf({ conversations, businessId, channelId }: ScalePlan): string {
  const [all, step] = [String(conversations), String(stepOf(conversations))];
  const inverse = String(inverseOf(STRIDE, conversations));
  const total = String(conversations * MESSAGES_EACH);
  return `
create function pg_temp.at(n bigint) returns timestamptz language sql stable return
  date_trunc('day', now()) - interval '60 days' + interval '60 days' * (n::float8 / ${total});
create function pg_temp.id(kind text, n bigint, at timestamptz) returns uuid language sql stable return
  (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || kind || '8' || lpad(to_hex(n), 15, '0'))::uuid;
create function pg_temp.conversation_of(n bigint) returns bigint language sql immutable return
  case when n / 2 < ${all} then n / 2 else ((n / 2 % ${all}) * ${String(STRIDE)} + (n / 2 / ${all}) * ${String(SHIFT)}) % ${all} end;
create function pg_temp.question_of(c bigint, round bigint) returns bigint language sql immutable return
  2 * (round * ${all} + case when round = 0 then c else ((c - round * ${String(SHIFT)}) % ${all} + ${all}) % ${all} * ${inverse} % ${all} end);
create function pg_temp.conversation_id(c bigint) returns uuid language sql stable return pg_temp.id('aaa', c, pg_temp.at(2 * c));
create function pg_temp.turn_id(n bigint) returns uuid language sql stable return pg_temp.id('ccc', n, pg_temp.at(n));
create function pg_temp.message_id(n bigint) returns uuid language sql stable return pg_temp.id('bbb', n, pg_temp.at(n));
create function pg_temp.phone(c bigint) returns text language sql immutable return
  (case when c % ${step} = 0 and c / ${step} < ${String(KNOWN_CUSTOMERS)} then ${String(LOAD_PHONES_FROM)} + c / ${step} else ${String(OTHER_PHONES_FROM)} + c end)::text;
create function pg_temp.user_id(c bigint) returns text language sql immutable return
  case when c % ${step} = 0 and c / ${step} < ${String(KNOWN_CUSTOMERS)} then 'US.' || (1000000000000000 + c / ${step}) else 'US.' || (2000000000000000 + c) end;
create function pg_temp.channel(c bigint) returns uuid language sql immutable return
  case when c % 1000 = 999 then pg_temp.id('ddd', 1, '2026-01-01Z') else '${channelId}'::uuid end;
create function pg_temp.business() returns uuid language sql immutable return '${businessId}'::uuid;
create function pg_temp.is_open(c bigint) returns boolean language sql immutable return pg_temp.question_of(c, 4) > ${String(Math.floor(conversations * 9.8))};`;
}

/** A channel with a thousandth of the conversations, and one that has none. */
const CHANNELS = `
insert into channels (business_id, id, provider, external_id, name)
select pg_temp.business(), pg_temp.id('ddd', n, '2026-01-01Z'), 'cloud', 'scale-' || n, 'scale ' || n from generate_series(1, 2) n`;

const FIRST_NAME = oneOf(FIRST, "c * 7 + c / 1000");
const LAST_NAME = oneOf(LAST, "c * 3 + c / 700");

const conversationsOf = ({ conversations }: ScalePlan): string => `
insert into conversations (business_id, id, canonical_key, is_open, last_seq, last_message_at, last_customer_message_at, contact_name, contact_username, lead_name,
                           reply_channel_id, reply_kind, reply_address, created_at, updated_at)
select pg_temp.business(), pg_temp.conversation_id(c), 'phone:' || pg_temp.business() || ':+' || pg_temp.phone(c), pg_temp.is_open(c),
       ${String(MESSAGES_EACH)}, pg_temp.at(pg_temp.question_of(c, 4) + 1), pg_temp.at(pg_temp.question_of(c, 4)),
       ${FIRST_NAME} || ' ' || case when c % 100000 = 77 then 'Quetzalli' else ${LAST_NAME} end,
       case when c % 20 = 3 then lower(${FIRST_NAME}) || '.' || c end, case when c % 10 = 5 then ${LAST_NAME} || ' ' || ${FIRST_NAME} end,
       pg_temp.channel(c), 'phone', pg_temp.phone(c), pg_temp.at(2 * c), pg_temp.at(pg_temp.question_of(c, 4) + 1)
  from generate_series(0, ${String(conversations - 1)}::bigint) c`;

/** Those who write again in the measurement have no user id yet: the simulator gives them theirs. */
const aliasesOf = ({ conversations }: ScalePlan): string => `
insert into aliases (business_id, kind, value, scope, conversation_id, created_at)
select pg_temp.business(), k.kind, case k.kind when 'phone' then pg_temp.phone(c) else pg_temp.user_id(c) end,
       case k.kind when 'user' then '300000000000001' end, pg_temp.conversation_id(c), pg_temp.at(2 * c)
  from generate_series(0, ${String(conversations - 1)}::bigint) c cross join (values ('phone'), ('user')) k (kind)
 where k.kind = 'phone' or c < ${String(KNOWN_CUSTOMERS * stepOf(conversations))}`;

const TEXT_OF = oneOf(TEXTS, "n");
/** The question, and right after it the answer. */
const messagesOf = ({ conversations }: ScalePlan): string => `
insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at,
                      status, turn_id, turn_part, attempts, attempted_at, accepted_at, delivered_at, read_at)
select pg_temp.business(), pg_temp.message_id(n), pg_temp.conversation_id(c), 2 * round + is_out::int + 1, pg_temp.channel(c),
       case when is_out then 'out' else 'in' end, case when is_out then 'ai' else 'customer' end, 'wamid.HBgLscale' || lpad(n::text, 12, '0'), 'text',
       case when is_out then 'We are open Monday to Saturday from 8 to 20 h, and on Sunday from 8 to 14 h.' else ${TEXT_OF} end,
       jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', case when is_out
         then 'We are open Monday to Saturday from 8 to 20 h, and on Sunday from 8 to 14 h.' else ${TEXT_OF} end)),
       at, at, case when is_out then 'read' else 'received' end, case when is_out then pg_temp.turn_id(n) end, case when is_out then 0 end,
       is_out::int, case when is_out then at end, case when is_out then at end, case when is_out then at end, case when is_out then at end
  from (select n, pg_temp.conversation_of(n) as c, n / 2 / ${String(conversations)} as round, n % 2 = 1 as is_out, pg_temp.at(n) as at
          from generate_series(0, ${String(conversations * MESSAGES_EACH - 1)}::bigint) n) m`;

/** Those that were sent. */
const answersOf = ({ conversations }: ScalePlan): string => `(
  select n, pg_temp.conversation_of(n) as c, n / 2 / ${String(conversations)} as round, pg_temp.at(n) as at
    from generate_series(1, ${String(conversations * MESSAGES_EACH - 1)}::bigint, 2) n) m`;

const turnsOf = (plan: ScalePlan): string => `
insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, responder, fence, started_at, finished_at, latency_ms)
select pg_temp.business(), pg_temp.turn_id(n), pg_temp.conversation_id(c), greatest(2 * round, 1), 2 * round + 1, 'replied', 'knowledge', round + 1, at, at, 12
  from ${answersOf(plan)}`;

const statusesOf = (plan: ScalePlan): string => `
insert into message_statuses (business_id, channel_id, provider_message_id, status, at, message_id, received_at, applied_at)
select pg_temp.business(), pg_temp.channel(c), 'wamid.HBgLscale' || lpad(n::text, 12, '0'), 'read', at, pg_temp.message_id(n), at, at from ${answersOf(plan)}`;

const webhookLogOf = ({ conversations }: ScalePlan): string => `
insert into webhook_log (business_id, id, received_at, state, reason, provider, kind, channel_key, body)
select pg_temp.business(), pg_temp.message_id(n), pg_temp.at(n), 'stored', null, 'cloud', 'message', '200000000000001',
       '{"object":"whatsapp_business_account","entry":[{"id":"300000000000001","changes":[{"value":{"messaging_product":"whatsapp","contacts":[{"wa_id":"'
       || pg_temp.phone(pg_temp.conversation_of(n)) || '"}],"messages":[{"type":"text","id":"wamid.HBgLscale' || lpad(n::text, 12, '0')
       || '","text":{"body":"' || ${TEXT_OF} || '"}}]},"field":"messages"}]}]}'
  from generate_series(0, ${String(conversations * MESSAGES_EACH - 1)}::bigint, 2) n
union all
select pg_temp.business(), pg_temp.id('eee', n, pg_temp.at(n)), pg_temp.at(n), 'quarantined', 'no identifier', 'cloud', 'message', '200000000000001', '{}' from generate_series(1, 20) n`;

/** Open conversations have an open session, whose lane waits until it has been quiet for long enough. */
const lanesOf = ({ conversations }: ScalePlan): string => `
insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, done, fence)
select pg_temp.business(), pg_temp.conversation_id(c), k.kind, case when k.kind = 'session' and pg_temp.is_open(c) then now() + interval '1 day' end,
       pg_temp.at(pg_temp.question_of(c, 4)), pg_temp.at(pg_temp.question_of(c, 4)),
       case k.kind when 'send' then 10 else 9 end, case when k.kind = 'session' and pg_temp.is_open(c) then 8 when k.kind = 'send' then 10 else 9 end, 5
  from generate_series(0, ${String(conversations - 1)}::bigint) c cross join (values ('reply'), ('send'), ('session')) k (kind)`;

const sessionsOf = ({ conversations }: ScalePlan): string => `
insert into sessions (business_id, id, conversation_id, from_seq, to_seq, opened_at, closed_at, closed_reason, summary, summary_state, summary_source, summarized_at)
select pg_temp.business(), pg_temp.id('fff', 2 * c + s.place, pg_temp.at(2 * c)), pg_temp.conversation_id(c), case s.place when 0 then 1 else 7 end,
       case when is_closed then case s.place when 0 then 6 else 10 end end, pg_temp.at(pg_temp.question_of(c, s.place * 3)),
       case when is_closed then at end, case when is_closed then 'inactive' end, case when is_closed then 'They asked when we are open.' end,
       case when is_closed then 'done' else 'none' end, case when is_closed then 'extractive' end, case when is_closed then at end
  from generate_series(0, ${String(conversations - 1)}::bigint) c cross join (values (0), (1)) s (place)
 cross join lateral (select s.place = 0 or not pg_temp.is_open(c) as is_closed, pg_temp.at(pg_temp.question_of(c, s.place * 2 + 2) + 1) as at) e`;

/** Of the last round. */
const eventsOf = ({ conversations }: ScalePlan): string => `
insert into events (business_id, id, type, conversation_id, subject_id, at, position)
select pg_temp.business(), pg_temp.id('bcd', n, at), 'turn.replied', pg_temp.conversation_id(pg_temp.conversation_of(n)), pg_temp.turn_id(n), at, place
  from (select place, ${String(8 * conversations - 1)} + 2 * place as n, pg_temp.at(${String(8 * conversations - 1)} + 2 * place) as at
          from generate_series(1, ${String(conversations)}::bigint) place) e;
insert into event_counters (business_id, last_position) values (pg_temp.business(), ${String(conversations)})
on conflict on constraint event_counters_pkey do update set last_position = excluded.last_position`;

/** In an order in which every foreign key finds its row. */
export function loadStepsOf(plan: ScalePlan): readonly LoadStep[] {
  return [
    { name: "functions", sql: functionsOf(plan) },
    { name: "channels", sql: CHANNELS },
    { name: "conversations", sql: conversationsOf(plan) },
    { name: "aliases", sql: aliasesOf(plan) },
    { name: "turns", sql: turnsOf(plan) },
    { name: "messages", sql: messagesOf(plan) },
    { name: "message_statuses", sql: statusesOf(plan) },
    { name: "webhook_log", sql: webhookLogOf(plan) },
    { name: "lanes", sql: lanesOf(plan) },
    { name: "sessions", sql: sessionsOf(plan) },
    { name: "events", sql: eventsOf(plan) },
  ];
}
