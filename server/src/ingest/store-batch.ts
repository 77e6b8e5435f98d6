// Owns: a batch of placed messages into the database, layer by layer: the batch, its halves, what nobody holds, a single message, the existing conversation,
// and at last the quarantine. What it answers for an item is durable, except for what is set aside; what cannot be made durable is thrown.
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { BatchDatabase } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { aroundLocks, type Patience, type SetAside } from "./around-locks.ts";
import { batchRowsOf, groupByThread, type ThreadForm, threadNameOf } from "./batch-rows.ts";
import { inHalves } from "./in-halves.ts";
import type { IngestItem } from "./ingest-item.ts";
import { findConversationOfKeyAcrossBusinesses, findHeldThreadsAcrossBusinesses, storeMessagesAcrossBusinesses } from "./ingest.queries.ts";
import type { PlacedItem, ThreadResolver } from "./thread-resolver.ts";
import type { WebhookLogWriter } from "./webhook-log.ts";

export type StoreOutcome = "stored" | "duplicate" | "quarantined";

export interface StoreBatchDeps {
  readonly db: Queryable;
  readonly batches: BatchDatabase;
  readonly resolver: Pick<ThreadResolver, "remember" | "redirect">;
  readonly webhookLog: WebhookLogWriter;
  readonly failPoints: FailPoints;
  readonly log: Log;
}

export interface StoredBatch {
  /** What is set aside is not durable, and is tried again. */
  readonly outcomes: ReadonlyMap<IngestItem, StoreOutcome | SetAside>;
  /** Stored, but one of their identifiers was somebody else's already: to be settled before they are acknowledged. */
  readonly contested: readonly PlacedItem[];
  /** Rows of the raw log: changes of an identity that waited for one of these people. */
  readonly parked: readonly string[];
}

export type StoreBatch = (placed: readonly PlacedItem[], patience: Patience) => Promise<StoredBatch>;

/** What a batch has come to so far. */
interface Progress {
  readonly form: ThreadForm;
  readonly patience: Patience;
  readonly outcomes: Map<IngestItem, StoreOutcome | SetAside>;
  /** The threads of what is set aside. */
  readonly heldThreads: Set<string>;
  readonly contested: PlacedItem[];
  readonly parked: string[];
}

const MAX_HOPS = 5;

export function createStoreBatch(deps: StoreBatchDeps): StoreBatch {
  const { db, batches, resolver, webhookLog, failPoints, log } = deps;

  /** Where the database refuses data, by halves down to the one message that it refuses. */
  async function storeBatch(placed: readonly PlacedItem[], patience: Patience): Promise<StoredBatch> {
    const outcomes = new Map<IngestItem, StoreOutcome | SetAside>();
    const progress: Progress = { form: "whole", patience, outcomes, heldThreads: new Set(), contested: [], parked: [] };
    await inHalves(
      placed,
      (part) => storeAroundLocks(part, progress),
      async (entry, refusal) => {
        outcomes.set(entry.item, await storeAlone(entry, refusal, progress));
      },
    );
    return progress;
  }

  /** All of them, or what is free when somebody holds a part of it. */
  async function storeAroundLocks(part: readonly PlacedItem[], progress: Progress): Promise<void> {
    const { outcomes, heldThreads, patience } = progress;
    const setAside = (entries: readonly PlacedItem[], as: SetAside): void => {
      for (const entry of entries) {
        outcomes.set(entry.item, as);
        heldThreads.add(threadNameOf(entry));
      }
    };
    await aroundLocks(part, {
      patience,
      attempt: (entries) => storeWhereverMerged(entries, progress),
      findHeld,
      setAside,
      pendingOf(entries) {
        const pending = entries.filter(({ item }) => !outcomes.has(item));
        if (heldThreads.size === 0) return pending;
        const behind = pending.filter((entry) => heldThreads.has(threadNameOf(entry)));
        setAside(behind, "held");
        return pending.filter(({ item }) => !outcomes.has(item));
      },
    });
  }

  async function findHeld(placed: readonly PlacedItem[]): Promise<readonly PlacedItem[]> {
    const { threads, threadOf } = groupByThread(placed);
    const keys = threads.map(({ first: { item, canonicalKey } }) => ({ businessId: item.businessId, canonicalKey }));
    const rows = await batches.run(findHeldThreadsAcrossBusinesses, { threads: keys }, { isImpatient: true });
    const held = new Set(rows.map(({ ord }) => ord));
    return placed.filter((_, at) => held.has(threadOf[at] ?? 0));
  }

  /** What belongs to a thread that was merged away is stored again by the key of the winner, which may be merged away in its turn. */
  async function storeWhereverMerged(placed: readonly PlacedItem[], progress: Progress): Promise<void> {
    let rest = placed;
    for (let hop = 0; rest.length > 0; hop += 1) {
      // So long a chain would be a broken one, which the doctor reports.
      if (hop === MAX_HOPS) throw new Error("a conversation is merged in a circle");
      rest = await storeOnce(rest, progress);
    }
  }

  /** The statement. Answers those whose thread was merged away, with the winner's key. */
  async function storeOnce(placed: readonly PlacedItem[], progress: Progress): Promise<readonly PlacedItem[]> {
    const { outcomes, contested, parked, form, patience } = progress;
    const { values, threadOf, identified } = batchRowsOf(placed, form);
    await failPoints.hit("ingest.before-commit");
    const [row] = await batches.run(storeMessagesAcrossBusinesses, values, patience);
    await failPoints.hit("ingest.after-commit");
    if (row === undefined) throw new Error("the ingest statement answered nothing");
    const stored = new Set(row.stored);
    const winners = new Map(row.redirected.map((thread, at) => [thread, row.redirect_keys[at]]));
    const redirected: PlacedItem[] = [];
    placed.forEach((entry, at) => {
      const winner = winners.get(threadOf[at] ?? 0);
      if (winner !== undefined) redirected.push(resolver.redirect(entry, winner));
      else outcomes.set(entry.item, stored.has(at + 1) ? "stored" : "duplicate");
    });
    parked.push(...row.parked);
    for (const ord of row.alias_conflicts) {
      const entry = identified[ord - 1];
      if (entry !== undefined && !contested.includes(entry)) contested.push(entry);
    }
    resolver.remember(placed.filter((entry) => outcomes.has(entry.item) && !contested.includes(entry)));
    return redirected;
  }

  /** The database refuses the message, or what it says of its thread: then the existing thread takes it as it is, or it is quarantined. */
  async function storeAlone(entry: PlacedItem, refusal: unknown, progress: Progress): Promise<StoreOutcome | SetAside> {
    const { item, canonicalKey } = entry;
    const reason = messageOf(refusal);
    try {
      const known = await db.run(findConversationOfKeyAcrossBusinesses, { businessId: item.businessId, canonicalKey });
      if (known.length > 0) {
        await storeWhereverMerged([{ ...entry, newAliases: [] }], { ...progress, form: "bare" });
        const outcome = progress.outcomes.get(item);
        if (outcome === undefined) throw new Error("a message that was stored alone has no outcome");
        if (outcome === "stored") {
          log.warn({ businessId: item.businessId, messageId: item.messageId, reason }, "ingest.existing-conversation-used");
        }
        return outcome;
      }
    } catch (error) {
      const failure = classifyDatabaseError(error);
      if (failure === "locked") return "stuck";
      if (failure !== "data") throw error;
    }
    await webhookLog.quarantine([{ businessId: item.businessId, event: item.event, reason }]);
    return "quarantined";
  }

  return storeBatch;
}
