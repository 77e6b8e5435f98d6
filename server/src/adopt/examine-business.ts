// Owns: a dry run over one business of an older database: it reads and judges as a real run does, and writes nothing.
import type { Queryable } from "../db/query.ts";
import type { BusinessReport, LeftoverRow } from "./adopt-report.ts";
import { createKnownMessages, findKnownIds, findKnownTwins, judge, type Candidate, type KnownMessages } from "./known-messages.ts";
import type { Person } from "./people.ts";
import { findThreads, type PeopleOfBusiness } from "./person-thread.ts";
import { UNPLACEABLE } from "./place-message.ts";
import { createPrepareBatch } from "./prepare-batch.ts";
import { createTally, describePeople, withSummaries, type OldBusinessReading } from "./read-business.ts";
import type { Source } from "./source.ts";

export interface ExamineDeps {
  readonly source: Source;
  readonly sourceName: string;
  readonly batchSize: number;
  readonly onProgress: (rows: number) => void;
  readonly isStopped: () => boolean;
  /** Absent while nobody has said which business of ours it becomes: then nothing can be there already. */
  readonly target: (PeopleOfBusiness & { readonly db: Queryable }) | undefined;
}

export interface BusinessResult {
  readonly report: BusinessReport;
  readonly leftovers: readonly LeftoverRow[];
  readonly isComplete: boolean;
}

export async function examineBusiness(deps: ExamineDeps, reading: OldBusinessReading): Promise<BusinessResult> {
  const { source, target } = deps;
  const { old, people, leads } = reading;
  const prepare = createPrepareBatch({ source: deps.sourceName, register: { people, leads }, channelOf: () => "" });
  const repeated = await source.listRepeatedProviderIds(old.id);
  const seen = createKnownMessages();
  const tally = createTally(reading);
  const counts = { placed: 0, alreadyThere: 0 };
  const leftovers: LeftoverRow[] = [];
  for await (const rows of source.streamMessages(old.id, { after: undefined, size: deps.batchSize })) {
    const batch = prepare(rows);
    tally.count(batch);
    leftovers.push(...batch.unplaceable.map(({ oldId, reason }) => leftoverOf(old.id, oldId, UNPLACEABLE[reason])));
    const known = target === undefined ? [seen] : await findKnownHere(target.db, batch.candidates);
    const threads = target === undefined ? undefined : (await findThreads(target.db, peopleOf(batch.candidates), target)).ids;
    for (const candidate of batch.candidates) {
      const verdict = judgeBoth(candidate, { known, seen, thread: threads?.get(candidate.person) });
      if (verdict.outcome === "unplaceable") leftovers.push(leftoverOf(old.id, candidate.oldId, UNPLACEABLE[verdict.reason]));
      else if (verdict.outcome === "already_there") counts.alreadyThere += 1;
      else {
        counts.placed += 1;
        // Only ids that are repeated are worth remembering: there may be millions of the others. Those of changes are ours, and may be repeated.
        if (candidate.message.targetId !== null || repeated.has(candidate.message.providerMessageId ?? ""))
          seen.remember(candidate, personName(candidate.person));
      }
    }
    deps.onProgress(rows.length);
    if (deps.isStopped()) break;
  }
  const threadsToMerge = target === undefined ? [] : await listThreadsToMerge(target.db, people.persons, target);
  const report = {
    ...describePeople(reading),
    ...counts,
    businessId: target?.businessId ?? null,
    people: tally.people.size,
    foundBy: tally.foundBy,
    unplaceable: leftovers.length,
    waiting: 0,
    threadsToMerge,
    summaries: { found: withSummaries(people).length, kept: 0 },
  };
  const withoutConversation = (tally.foundBy.customer ?? 0) + (tally.foundBy.lead ?? 0) + (tally.foundBy.to_number ?? 0);
  return { report: { ...report, withoutConversation }, leftovers, isComplete: !deps.isStopped() };
}

const leftoverOf = (oldBusinessId: string, oldMessageId: string, reason: string): LeftoverRow => ({ oldBusinessId, oldMessageId, reason });
const peopleOf = (candidates: readonly Candidate[]): readonly Person[] => [...new Set(candidates.map(({ person }) => person))];
/** In place of the thread that this person will have. */
const personName = (person: Person): string => JSON.stringify([person.identifiers, person.leadIds]);

interface Knowledge {
  readonly known: readonly KnownMessages[];
  readonly seen: KnownMessages;
  readonly thread: string | undefined;
}

/** First what is in our database, then what came earlier in the older one. */
function judgeBoth(candidate: Candidate, { known, seen, thread }: Knowledge): ReturnType<typeof judge> {
  const here = known.map((one) => judge(candidate, { known: one, thread: thread ?? personName(candidate.person) }));
  return here.find(({ outcome }) => outcome !== "new") ?? judge(candidate, { known: seen, thread: personName(candidate.person) });
}

async function findKnownHere(db: Queryable, candidates: readonly Candidate[]): Promise<readonly KnownMessages[]> {
  return [await findKnownIds(db, candidates), await findKnownTwins(db, candidates)];
}

const PEOPLE_AT_ONCE = 1_000;

/** The threads that were two before, although the older database proves one person. */
export async function listThreadsToMerge(
  db: Queryable,
  people: readonly Person[],
  of: PeopleOfBusiness,
): Promise<readonly (readonly string[])[]> {
  const found: string[][] = [];
  for (let at = 0; at < people.length; at += PEOPLE_AT_ONCE) {
    const { ids, others } = await findThreads(db, people.slice(at, at + PEOPLE_AT_ONCE), of);
    for (const [person, rest] of others) found.push([ids.get(person) ?? "", ...rest]);
  }
  return found;
}
