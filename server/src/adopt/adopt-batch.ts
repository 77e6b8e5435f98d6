// Owns: one batch of adopted messages, in one transaction: threads, positions, the turns that cover them, and how far the adoption is. A
// killed batch leaves nothing; a batch that is repeated changes nothing.
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { recordAdoptedConversations, advanceAdoption, recordLeftovers, settleLeftovers } from "./adoption-records.queries.ts";
import { findKnownIds, findKnownTwins, judge, type Candidate, type CandidateVerdict } from "./known-messages.ts";
import type { Person } from "./people.ts";
import { lockThreads, StaleBatch, type PersonThread } from "./person-thread.ts";
import { UNPLACEABLE, type UnplaceableReason } from "./place-message.ts";
import type { Cursor } from "./source.ts";
import { coverMessages, insertMessages, lockLanesOfThreads, type PlacedCandidate } from "./write-messages.ts";

export interface BatchTarget {
  readonly businessId: BusinessId;
  readonly source: string;
  readonly oldBusinessId: string;
  readonly keepLeadIds: boolean;
}

export interface Batch {
  readonly candidates: readonly Candidate[];
  /** People without a message in this batch that get their thread all the same. */
  readonly people: readonly Person[];
  readonly unplaceable: readonly { readonly oldId: string; readonly reason: UnplaceableReason }[];
  /** Undefined: these are rows that waited; the cursor is beyond them. */
  readonly cursor: Cursor | undefined;
}

export interface BatchResult {
  readonly placed: number;
  readonly alreadyThere: number;
  readonly unplaceable: number;
  readonly waiting: number;
  readonly threads: number;
}

const MAX_MOVES = 10;

export function createAdoptBatch(deps: {
  readonly database: Database;
  readonly target: BatchTarget;
}): (batch: Batch) => Promise<BatchResult> {
  const { database, target } = deps;
  const db = database.forBusiness(target.businessId);
  const recorded = new WeakSet<Person>();
  return async (batch) => {
    for (let moves = 0; ; moves += 1) {
      try {
        const result = await db.transaction((tx) => store(tx, { target, batch, recorded }));
        for (const { person } of batch.candidates) recorded.add(person);
        for (const person of batch.people) recorded.add(person);
        return result;
      } catch (error) {
        if (!(error instanceof StaleBatch) || moves === MAX_MOVES) throw error;
      }
    }
  };
}

interface BatchWork {
  readonly target: BatchTarget;
  readonly batch: Batch;
  /** People whose old conversations are recorded already, by a batch that was committed. */
  readonly recorded: WeakSet<Person>;
}

async function store(tx: Queryable, { target, batch, recorded }: BatchWork): Promise<BatchResult> {
  const verdicts = createVerdicts(batch);
  const knownIds = await findKnownIds(tx, batch.candidates);
  const rest = batch.candidates.filter((candidate) => !verdicts.take(candidate, judge(candidate, { known: knownIds, thread: undefined })));
  const people = [...new Set([...rest.map(({ person }) => person), ...batch.people])];
  const threads = people.length === 0 ? new Map<Person, PersonThread>() : await lockThreads(tx, people, target);
  const lanes = await lockLanesOfThreads(tx, [...threads.values()]);
  const known = await findKnownTwins(tx, rest);
  const fresh: PlacedCandidate[] = [];
  for (const candidate of rest) {
    const thread = threads.get(candidate.person);
    if (thread === undefined) throw new Error("a candidate has no thread");
    if (verdicts.take(candidate, judge(candidate, { known, thread: thread.id }))) continue;
    // Its reply is about to be written: what takes a position now would push the burst out of sight, or let the turn look superseded.
    if (lanes.get(thread.id)?.isBusy === true) verdicts.waiting.push(candidate.oldId);
    else {
      fresh.push({ ...candidate, thread });
      known.remember(candidate, thread.id);
    }
  }
  await insertMessages(tx, fresh);
  await coverMessages(tx, fresh, lanes);
  await recordConversations(tx, { target, threads, recorded });
  const { waiting, settled, unplaceable } = verdicts;
  await recordProgress(tx, { target, batch, placed: fresh.map(({ oldId }) => oldId), settled, waiting, unplaceable });
  return {
    placed: fresh.length,
    alreadyThere: settled.length,
    unplaceable: unplaceable.length,
    waiting: waiting.length,
    threads: threads.size,
  };
}

function createVerdicts(batch: Batch) {
  const waiting: string[] = [];
  const settled: string[] = [];
  const unplaceable = [...batch.unplaceable];
  return {
    waiting,
    settled,
    unplaceable,
    /** False: it is new. */
    take({ oldId }: Candidate, verdict: CandidateVerdict): boolean {
      if (verdict.outcome === "unplaceable") unplaceable.push({ oldId, reason: verdict.reason });
      if (verdict.outcome === "already_there") settled.push(oldId);
      return verdict.outcome !== "new";
    },
  };
}

interface BatchThreads {
  readonly target: BatchTarget;
  readonly threads: ReadonlyMap<Person, PersonThread>;
  readonly recorded: WeakSet<Person>;
}

async function recordConversations(tx: Queryable, { target, threads, recorded }: BatchThreads): Promise<void> {
  const conversations = [...threads]
    .filter(([person]) => !recorded.has(person))
    .flatMap(([person, thread]) => person.conversations.map(({ id }) => ({ oldConversationId: id, conversationId: thread.id })));
  if (conversations.length > 0) await tx.execute(recordAdoptedConversations, { source: target.source, conversations });
}

interface Progress {
  readonly target: BatchTarget;
  readonly batch: Batch;
  readonly placed: readonly string[];
  readonly settled: readonly string[];
  readonly waiting: readonly string[];
  readonly unplaceable: readonly { readonly oldId: string; readonly reason: UnplaceableReason }[];
}

async function recordProgress(tx: Queryable, { target, batch, placed, settled, waiting, unplaceable }: Progress): Promise<void> {
  const { source, oldBusinessId } = target;
  const { cursor } = batch;
  const leftovers = [
    ...waiting.map((oldMessageId) => ({ oldMessageId, state: "waiting", reason: "Its thread is waiting for a reply." })),
    ...unplaceable.map(({ oldId, reason }) => ({ oldMessageId: oldId, state: "unplaceable", reason: UNPLACEABLE[reason] })),
  ];
  if (leftovers.length > 0) await tx.execute(recordLeftovers, { source, oldBusinessId, leftovers });
  if (cursor === undefined) await tx.execute(settleLeftovers, { source, oldMessageIds: [...placed, ...settled] });
  await tx.execute(advanceAdoption, {
    ...{ source, oldBusinessId, cursorAt: cursor?.at, cursorId: cursor?.id },
    placed: placed.length,
    alreadyThere: settled.length,
    withoutConversation: cursor === undefined ? 0 : batch.candidates.filter(({ by }) => by !== "conversation").length,
    isFinished: false,
  });
}
