// Owns: one business of an older database from its first row to its last: reading, judging, and (unless it is only a look) storing.
import type { Database } from "../db/database.ts";
import { addAdoptedSessions, beginAdoption, countAdoptedSessions, advanceAdoption, dropLeftovers } from "./adoption-records.queries.ts";
import { adoptedId } from "./adopted-id.ts";
import { countBy, type BusinessReport, type LeftoverRow } from "./adopt-report.ts";
import { createExamineBatch } from "./examine-batch.ts";
import type { Candidate } from "./known-messages.ts";
import { listAllLeftovers, placeWaiting } from "./leftovers.ts";
import { createOldChannels } from "./old-channels.ts";
import type { OldBusiness, OldLead } from "./old-rows.ts";
import { gatherPeople, type People, type Person } from "./people.ts";
import { findThreads } from "./person-thread.ts";
import type { PlacedBy } from "./place-message.ts";
import { createPrepareBatch } from "./prepare-batch.ts";
import type { Source } from "./source.ts";
import { createStoreBatch, type BatchTarget } from "./store-batch.ts";

export interface AdoptBusinessDeps {
  readonly source: Source;
  /** Absent in a look at a business that has no target yet. */
  readonly database: Database | undefined;
  readonly connectedChannels: ReadonlyMap<string, string>;
  readonly batchSize: number;
  readonly waitMs: number;
  readonly keepLeadIds: boolean;
  readonly onProgress: (done: number) => void;
  readonly isStopped: () => boolean;
}

export interface BusinessResult {
  readonly report: BusinessReport;
  readonly leftovers: readonly LeftoverRow[];
  readonly isComplete: boolean;
}

interface Reading {
  readonly old: OldBusiness;
  readonly people: People;
  readonly leads: ReadonlyMap<string, OldLead>;
}

const PEOPLE_AT_ONCE = 1_000;

export async function readBusiness(deps: AdoptBusinessDeps, old: OldBusiness): Promise<Reading> {
  const conversations = await deps.source.listConversations(old.id);
  const leads = await deps.source.listLeads(old.id);
  const people = gatherPeople({ oldBusinessId: old.id, conversations, leads, keepLeadIds: deps.keepLeadIds });
  return { old, people, leads: new Map(leads.map((lead) => [lead.id, lead])) };
}

interface Tally {
  withoutConversation: number;
  readonly foundBy: PlacedBy[];
  /** Also those of whom only a message tells. */
  readonly people: Set<Person>;
}

function tallyOf(people: People): Tally {
  return { withoutConversation: 0, foundBy: [], people: new Set(people.persons) };
}

function tally(of: Tally, batch: { readonly candidates: readonly Candidate[] }): void {
  for (const { by, person } of batch.candidates) {
    of.people.add(person);
    if (by === "conversation") continue;
    of.withoutConversation += 1;
    of.foundBy.push(by);
  }
}

/** Only looks: the same judgement, and nothing is written anywhere. */
export async function examineBusiness(deps: AdoptBusinessDeps, { old, people, leads }: Reading, target: BatchTarget | undefined, sourceName: string): Promise<BusinessResult> {
  const db = target === undefined ? undefined : deps.database?.forBusiness(target.businessId);
  const prepare = createPrepareBatch({ source: sourceName, register: { people, leads }, channelOf: () => "" });
  const examine = createExamineBatch({ db, target, repeated: await deps.source.listRepeatedProviderIds(old.id) });
  const counts = tallyOf(people);
  const result = { placed: 0, alreadyThere: 0, waiting: 0 };
  const leftovers: LeftoverRow[] = [];
  let done = 0;
  for await (const rows of deps.source.streamMessages(old.id, { after: undefined, size: deps.batchSize })) {
    const batch = prepare(rows);
    const examined = await examine(batch);
    result.placed += examined.placed;
    result.alreadyThere += examined.alreadyThere;
    leftovers.push(...examined.leftovers.map((row) => ({ oldBusinessId: old.id, ...row })));
    tally(counts, batch);
    done += rows.length;
    deps.onProgress(done);
    if (deps.isStopped()) break;
  }
  const threadsToMerge = db === undefined || target === undefined ? [] : await listThreadsToMerge(deps, people, target);
  const report = reportOf({ old, people, counts, businessId: target?.businessId ?? null });
  const summaries = { found: withSummaries(people).length, kept: 0 };
  return {
    report: { ...report, ...result, unplaceable: leftovers.length, threadsToMerge, summaries },
    leftovers,
    isComplete: done === old.messages,
  };
}

/** Stores what is not there yet, from where the last run ended. Safe to be killed at any moment, and to be run again. */
export async function adoptBusiness(deps: AdoptBusinessDeps & { readonly database: Database }, { old, people, leads }: Reading, target: BatchTarget): Promise<BusinessResult> {
  const { database, source } = deps;
  const db = database.forBusiness(target.businessId);
  const key = [target.businessId, target.source, old.id];
  const channels = createOldChannels({
    database,
    businessId: target.businessId,
    source: target.source,
    oldBusinessId: old.id,
    connected: deps.connectedChannels,
  });
  const begun = await db.transaction(async (tx) => {
    const [row] = await tx.run(beginAdoption, key);
    if (row === undefined) throw new Error("the beginning of an adoption answered no row");
    if (row.cursor_at === null) await tx.run(dropLeftovers, key);
    return row;
  });
  const prepare = createPrepareBatch({ source: target.source, register: { people, leads }, channelOf: channels.channelOf });
  const store = createStoreBatch({ database, target });
  const counts = tallyOf(people);
  const after = begun.cursor_at === null || begun.cursor_id === null ? undefined : { at: begun.cursor_at, id: begun.cursor_id };
  // What was dealt with before is read again, only to be counted: the report is about the whole.
  let done = 0;
  let isPast = after === undefined;
  const resumed = after === undefined ? 0 : begun.placed + begun.already_there;
  if (after === undefined) {
    for (let at = 0; at < people.persons.length; at += PEOPLE_AT_ONCE) {
      await store({ candidates: [], people: people.persons.slice(at, at + PEOPLE_AT_ONCE), unplaceable: [], cursor: undefined });
    }
  }
  for await (const rows of source.streamMessages(old.id, { after: undefined, size: deps.batchSize })) {
    const batch = prepare(rows);
    tally(counts, batch);
    done += rows.length;
    if (!isPast && after !== undefined) {
      const at = rows.findIndex((row) => isBeyond(row, after));
      if (at < 0) continue;
      isPast = true;
    }
    await channels.ensure();
    await store({ ...batch, people: [] });
    deps.onProgress(done);
    if (deps.isStopped()) break;
  }
  void resumed;
  return finish(deps, { old, people, counts, target, prepare, store, channels, done });
}
