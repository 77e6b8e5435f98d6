// Owns: the comparison of the two books about what was sent: the platform's own record (the simulator's outbox), and our messages. Refuses to know: how either came about.
import type { OutboxEntry } from "@onethread/simulator";
import type pg from "pg";

export interface SendBooks {
  /** Each a sentence with the ids; none: the books agree. */
  readonly faults: readonly string[];
  /** Requests that the platform has accepted. */
  readonly accepted: number;
  /** Our messages by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Messages of ours that say that they may be a second one. */
  readonly possibleDuplicates: number;
}

export interface CompareSendBooks {
  readonly superuser: pg.Pool;
  readonly outbox: readonly OutboxEntry[];
  /** Messages that the API has answered 202 to: none of them may be missing. */
  readonly promised?: readonly string[];
}

interface OurMessage {
  readonly id: string;
  readonly status: string;
  readonly code: string | null;
  readonly provider_id: string | null;
  readonly was_accepted: boolean;
  readonly is_listed: boolean;
  readonly duplicate_of: string | null;
}

const OUR_MESSAGES = `
  select m.id, m.status, m.error_code as code, m.provider_message_id as provider_id, m.accepted_at is not null or m.provider_message_id is not null as was_accepted,
         exists (select from onethread.unknown_sends u where u.business_id = m.business_id and u.message_id = m.id) as is_listed, m.possible_duplicate_of as duplicate_of
    from onethread.messages m
   where m.direction = 'out' and (m.attempts > 0 or m.status in ('queued', 'sending', 'failed', 'cancelled', 'unknown'))
   union all
  select s.id, 'scheduled', null, null, false, false, null from onethread.scheduled_messages s
   union all
  -- Cancelled before it was due: only its event is left.
  select e.subject_id, 'cancelled', null, null, false, false, null from onethread.events e
   where e.type = 'message.cancelled' and not exists (select from onethread.messages m where m.business_id = e.business_id and m.id = e.subject_id)`;

/** With the platform's word that it has it. */
const SENT: ReadonlySet<string> = new Set(["accepted", "sent", "delivered", "read", "played"]);
/** What comes to an end by itself, and has not. */
const OPEN: ReadonlySet<string> = new Set(["scheduled", "queued", "sending"]);
/** Said without knowing what the platform has: by a person, or by the business's rule. */
const DECIDED: ReadonlySet<string> = new Set(["settled_by_hand", "sent_again"]);

const isDecided = ({ code }: OurMessage): boolean => code !== null && DECIDED.has(code);

/** When nothing is under way any more. */
export async function compareSendBooks({ superuser, outbox, promised = [] }: CompareSendBooks): Promise<SendBooks> {
  const { rows } = await superuser.query<OurMessage>(OUR_MESSAGES);
  const ours = new Map(rows.map((row) => [row.id, row]));
  const theirs = Map.groupBy(outbox, ({ body }) => String(body["biz_opaque_callback_data"]));
  const faults = [
    ...promised.filter((id) => !ours.has(id)).map((id) => `${id} was accepted by the API, and is lost`),
    ...[...theirs].flatMap(([id, entries]) => faultsOfTheirs(id, entries, ours.get(id))),
    ...rows.flatMap((row) => faultsOfOurs(row, theirs.get(row.id)?.length ?? 0, ours)),
  ];
  const statuses = Object.fromEntries([...Map.groupBy(rows, ({ status }) => status)].map(([status, of]) => [status, of.length]));
  return { faults, accepted: outbox.length, statuses, possibleDuplicates: rows.filter((row) => row.duplicate_of !== null).length };
}

function faultsOfTheirs(id: string, entries: readonly OutboxEntry[], our: OurMessage | undefined): readonly string[] {
  if (our === undefined) return [`the platform has ${id}, which is no message of ours`];
  const faults: string[] = [];
  if (entries.length > 1) faults.push(`${id} was accepted ${String(entries.length)} times`);
  if (OPEN.has(our.status) || our.status === "cancelled") faults.push(`the platform has ${id}, which is ${our.status} here`);
  if (our.status === "failed" && !our.was_accepted && !isDecided(our))
    faults.push(`the platform has ${id}, which has failed here (${our.code ?? ""})`);
  if (our.provider_id !== null && entries.every((entry) => entry.id !== our.provider_id))
    faults.push(`${id} bears the id of something else`);
  return faults;
}

function faultsOfOurs(our: OurMessage, times: number, ours: ReadonlyMap<string, OurMessage>): readonly string[] {
  const { id, status, duplicate_of: first } = our;
  const faults: string[] = [];
  if (OPEN.has(status)) faults.push(`${id} is still ${status}`);
  if (SENT.has(status) && times === 0 && !isDecided(our)) faults.push(`${id} is ${status} here, and the platform does not have it`);
  if (status === "unknown" && !our.is_listed) faults.push(`${id} is unknown, and in no list`);
  // Sent again is what the first one says of itself, unless a status has told since that it was sent.
  const of = first === null ? undefined : ours.get(first);
  if (first !== null && (of === undefined || (of.code !== "sent_again" && !SENT.has(of.status) && of.status !== "failed")))
    faults.push(`${id} may be a second ${first}, which does not say so`);
  return faults;
}
