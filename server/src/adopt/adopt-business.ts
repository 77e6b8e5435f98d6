// Owns: taking over one business of an older database, from where the last run ended to its last row. Safe to be killed at any moment.
import type { BusinessDatabase, Database } from "../db/database.ts";
import { listThreadsToMerge, type BusinessResult } from "./examine-business.ts";
import { keepSummaries } from "./keep-summaries.ts";
import { listAllLeftovers, placeWaiting } from "./leftovers.ts";
import { advanceAdoption, beginAdoption, dropLeftovers } from "./adoption-records.queries.ts";
import { createOldChannels } from "./old-channels.ts";
import { createPrepareBatch } from "./prepare-batch.ts";
import { createTally, describePeople, type OldBusinessReading } from "./read-business.ts";
import type { Source } from "./source.ts";
import { createAdoptBatch, type Batch, type BatchResult, type BatchTarget } from "./adopt-batch.ts";

export interface AdoptDeps {
  readonly source: Source;
  readonly database: Database;
  readonly target: BatchTarget;
  readonly connectedChannels: ReadonlyMap<string, string>;
  readonly batchSize: number;
  /** How long the end waits for threads whose reply is being written. */
  readonly waitMs: number;
  readonly onProgress: (rows: number) => void;
  readonly isStopped: () => boolean;
}

const PEOPLE_AT_ONCE = 1_000;

export async function adoptBusiness(deps: AdoptDeps, reading: OldBusinessReading): Promise<BusinessResult> {
  const { database, source, target } = deps;
  const { old, people, leads } = reading;
  const db = database.forBusiness(target.businessId);
  const adoption = await begin(db, target);
  const channels = createOldChannels({ ...target, database, connected: deps.connectedChannels });
  const prepare = createPrepareBatch({ source: target.source, register: { people, leads }, channelOf: channels.channelOf });
  const storeBatch = createAdoptBatch({ database, target });
  const store = async (batch: Batch): Promise<BatchResult> => {
    await channels.ensure();
    return storeBatch(batch);
  };
  const tally = createTally(reading);
  if (adoption.cursor_at === null) await storePeople(store, reading, deps.isStopped);
  const after = adoption.cursor_at === null || adoption.cursor_id === null ? undefined : { at: adoption.cursor_at, id: adoption.cursor_id };
  deps.onProgress(adoption.placed + adoption.already_there);
  for await (const rows of source.streamMessages(old.id, { after, size: deps.batchSize })) {
    if (deps.isStopped()) break;
    const batch = prepare(rows);
    await store({ ...batch, people: [] });
    tally.count(batch);
    deps.onProgress(rows.length);
  }
  if (!deps.isStopped()) await placeWaiting({ ...deps, db, prepare, store });
  const waiting = await listAllLeftovers(db, target, "waiting");
  const unplaceable = await listAllLeftovers(db, target, "unplaceable");
  const isComplete = !deps.isStopped() && waiting.length === 0;
  const summaries = await keepSummaries({ db, target, people, isComplete });
  const [end] = await db.run(advanceAdoption, {
    ...{ source: target.source, oldBusinessId: old.id },
    ...{ cursorAt: undefined, cursorId: undefined, placed: 0, alreadyThere: 0, withoutConversation: 0 },
    isFinished: isComplete,
  });
  if (end === undefined) throw new Error("the end of an adoption answered no row");
  const report = {
    ...describePeople(reading),
    businessId: target.businessId,
    people: tally.people.size,
    foundBy: tally.foundBy,
    withoutConversation: end.without_conversation,
    placed: end.placed,
    alreadyThere: end.already_there,
    unplaceable: unplaceable.length,
    waiting: waiting.length,
    threadsToMerge: await listThreadsToMerge(db, people.persons, target),
    summaries,
  };
  return { report, leftovers: [...unplaceable, ...waiting], isComplete };
}

function begin(db: BusinessDatabase, { source, oldBusinessId }: BatchTarget) {
  return db.transaction(async (tx) => {
    const [row] = await tx.run(beginAdoption, { source, oldBusinessId });
    if (row === undefined) throw new Error("the beginning of an adoption answered no row");
    if (row.cursor_at === null) await tx.execute(dropLeftovers, { source, oldBusinessId });
    return row;
  });
}

/** Everybody who has a conversation has a thread, also without a message. */
async function storePeople(
  store: (batch: Batch) => Promise<BatchResult>,
  { people }: OldBusinessReading,
  isStopped: () => boolean,
): Promise<void> {
  for (let at = 0; at < people.persons.length && !isStopped(); at += PEOPLE_AT_ONCE) {
    await store({ candidates: [], people: people.persons.slice(at, at + PEOPLE_AT_ONCE), unplaceable: [], cursor: undefined });
  }
}
