// Owns: the form of a check: one question to the database whose answer is the list of violations. Refuses to know which checks there are.

/** `broken`: an invariant does not hold. `warn`: nothing is lost, but a person should look. */
export type Severity = "broken" | "warn";

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
  /** Answers one row `(id text)` per violation: ids only, never a text, a name or a phone number. */
  readonly violations: string;
}

/** The statement that counts the violations and shows up to five of them. `materialized`: the question is asked once. */
export function toStatement(check: Check): string {
  return `-- doctor.${check.name}
with violations (id) as materialized (${check.violations})
select (select count(*) from violations)::float8 as count,
  array(select id::text from violations order by 1 limit 5) as examples`;
}
