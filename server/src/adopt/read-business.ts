// Owns: what is read of one business of an older database before its messages: its people, and what the report says of them.
import type { BusinessReport } from "./adopt-report.ts";
import type { OldBusiness, OldLead } from "./old-rows.ts";
import { gatherPeople, type People, type Person } from "./people.ts";
import type { Candidate } from "./known-messages.ts";
import type { PlacedBy } from "./place-message.ts";
import type { Source } from "./source.ts";

export interface OldBusinessReading {
  readonly old: OldBusiness;
  readonly people: People;
  readonly leads: ReadonlyMap<string, OldLead>;
}

export interface Tally {
  /** Including people who are known only from a message. */
  count(batch: { readonly candidates: readonly Candidate[] }): void;
  readonly people: ReadonlySet<Person>;
  readonly foundBy: Readonly<Partial<Record<PlacedBy, number>>>;
}

export async function readBusiness(source: Source, old: OldBusiness, keepLeadIds: boolean): Promise<OldBusinessReading> {
  const conversations = await source.listConversations(old.id);
  const leads = await source.listLeads(old.id);
  const people = gatherPeople({ oldBusinessId: old.id, conversations, leads, keepLeadIds });
  return { old, people, leads: new Map(leads.map((lead) => [lead.id, lead])) };
}

export function createTally({ people }: OldBusinessReading): Tally {
  const persons = new Set(people.persons);
  const foundBy: Partial<Record<PlacedBy, number>> = {};
  return {
    people: persons,
    foundBy,
    count(batch) {
      for (const { by, person } of batch.candidates) {
        persons.add(person);
        foundBy[by] = (foundBy[by] ?? 0) + 1;
      }
    },
  };
}

export function describePeople({
  old,
  people,
}: OldBusinessReading): Pick<
  BusinessReport,
  "oldBusinessId" | "conversations" | "duplicates" | "duplicatesBy" | "namelessConversations" | "peopleWithSeveralLeads" | "messages"
> {
  const evidence = people.persons.flatMap((person) => person.evidence);
  const duplicatesBy: Partial<Record<(typeof evidence)[number], number>> = {};
  for (const one of evidence) duplicatesBy[one] = (duplicatesBy[one] ?? 0) + 1;
  return {
    oldBusinessId: old.id,
    conversations: old.conversations,
    duplicates: evidence.length,
    duplicatesBy,
    namelessConversations: people.nameless.map(({ id }) => id),
    peopleWithSeveralLeads: people.persons.filter(({ leadIds }) => leadIds.length > 1).length,
    messages: old.messages,
  };
}

export function withSummaries(people: People): readonly Person[] {
  return people.persons.filter((person) => summaryOf(person) !== "");
}

/** All that the old conversations of one person say, the oldest first. */
export function summaryOf({ conversations }: Person): string {
  return conversations.flatMap(({ summary }) => (summary === null || summary.trim() === "" ? [] : [summary.trim()])).join("\n\n");
}
