// Owns: the form of a check: one question to the database whose answer is the list of violations. Refuses to know which checks there are.

/** `broken`: an invariant does not hold. `warn`: nothing is lost, but a person should look. */
export type Severity = "broken" | "warn";

/** What there may be too much of for one statement, so that it is gone through in slices: conversations with all that belongs to them, raw items of webhooks. */
export type Walked = "conversations" | "webhooks";

export interface Check {
  /** Kebab-case, part of the output's contract. */
  readonly name: string;
  /** The number in docs/invariants.md. */
  readonly invariant: number;
  readonly severity: Severity;
  /** What is wrong where it finds something, as a sentence for whoever reads the report. */
  readonly finding: string;
  /** What to do about it. */
  readonly advice: string;
  /**
   * Absent: an index leads to the violations, so they are asked for in one statement. Otherwise `violations` reads from `slice (business_id, id)`, which holds some
   * of these, and each violation is answered for exactly one of them: all slices together find what one statement over everything would find.
   */
  readonly walks?: Walked;
  /** Answers one row `(id text)` per violation: ids only, never a text, a name or a phone number. */
  readonly violations: string;
}

const ofConversation = (table: string, letter: string): string =>
  `slice s join onethread.${table} ${letter} on ${letter}.business_id = s.business_id and ${letter}.conversation_id = s.id`;

/** What belongs to the conversations of a slice, under the letter by which the checks call it. */
export const IN_SLICE = {
  conversations: "slice s join onethread.conversations c on c.business_id = s.business_id and c.id = s.id",
  messages: ofConversation("messages", "m"),
  turns: ofConversation("turns", "t"),
  lanes: ofConversation("lanes", "l"),
  sessions: ofConversation("sessions", "x"),
  aliases: ofConversation("aliases", "a"),
} as const;

const SLICE = "slice (business_id, id) as materialized (select * from unnest($1::uuid[], $2::uuid[])), ";

/** The statement that counts the violations and shows up to five of them. `materialized`: the question is asked once. */
export function toStatement({ name, walks, violations }: Check): string {
  return `-- doctor.${name}
with ${walks === undefined ? "" : SLICE}violations (id) as materialized (${violations})
select (select count(*) from violations)::float8 as count,
  array(select id::text from violations order by 1 limit 5) as examples`;
}
