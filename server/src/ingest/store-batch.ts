// Owns: a batch of placed messages into the database, with the layers beneath it: the batch, its halves, a single message, the existing
// conversation, and at last the quarantine. Whatever it answers for an item is durable, but for what is set aside; what is not durable is thrown.
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { BatchDatabase } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Queryable } from "../db/query.ts";
import { addressOf, type Identifier } from "../identity/identifier.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { aroundLocks, type Patience, type SetAside } from "./around-locks.ts";
import { inHalves } from "./in-halves.ts";
import { type IngestItem, labelIn } from "./ingest-item.ts";
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
  /** What is set aside is not durable, and comes again. */
  readonly outcomes: ReadonlyMap<IngestItem, StoreOutcome | SetAside>;
  /** Stored, but one of their identifiers was somebody else's already: to be settled before they are acknowledged. */
  readonly contested: readonly PlacedItem[];
  /** Rows of the raw log: changes of an identity that waited for one of these people. */
  readonly parked: readonly string[];
}

/** What a batch has come to so far. */
interface Progress {
  readonly form: Form;
  readonly patience: Patience;
  readonly outcomes: Map<IngestItem, StoreOutcome | SetAside>;
  /** The threads of what is set aside. */
  readonly heldThreads: Set<string>;
  readonly contested: PlacedItem[];
  readonly parked: string[];
}

interface Thread {
  readonly entry: PlacedItem;
  readonly index: number;
  newest: PlacedItem;
}

const threadNameOf = ({ item, canonicalKey }: PlacedItem): string => `${item.businessId}|${canonicalKey}`;

/** One row per thread: the newest message of the batch says the name and the address. */
function groupByThread(placed: readonly PlacedItem[]): { readonly threads: readonly Thread[]; readonly threadOf: readonly number[] } {
  const byKey = new Map<string, Thread>();
  const threads: Thread[] = [];
  const threadOf = placed.map((entry) => {
    const key = threadNameOf(entry);
    let thread = byKey.get(key);
    if (thread === undefined) {
      thread = { entry, index: threads.length + 1, newest: entry };
      byKey.set(key, thread);
      threads.push(thread);
    } else if (isNewer(entry, thread.newest)) thread.newest = entry;
    return thread.index;
  });
  return { threads, threadOf };
}

function isNewer(entry: PlacedItem, than: PlacedItem): boolean {
  if (entry.item.event.direction !== than.item.event.direction) return entry.item.event.direction === "in";
  return entry.item.event.sentAt.getTime() >= than.item.event.sentAt.getTime();
}

function newAliasesOf(placed: readonly PlacedItem[]): readonly { readonly entry: PlacedItem; readonly alias: Identifier }[] {
  const seen = new Set<string>();
  return placed.flatMap((entry) =>
    entry.newAliases
      .map((alias) => ({ entry, alias, label: labelIn(entry.item.businessId, alias) }))
      .filter(({ label }) => !seen.has(label) && seen.add(label)),
  );
}

/** `bare`: nothing that the database might refuse of a thread, so no name and no address; it keeps those that it has. */
type Form = "whole" | "bare";

type StatementValues = ValuesOf<typeof storeMessagesAcrossBusinesses.params>;

function threadRowOf({ entry, newest }: Thread, form: Form): StatementValues["threads"][number] {
  const { event, channelId } = newest.item;
  const address = form === "bare" ? undefined : addressOf(newest.item.identifiers);
  // The author of a group's message is not the group.
  const person = form === "bare" || event.groupId !== undefined ? undefined : event.customer;
  return {
    businessId: entry.item.businessId,
    canonicalKey: entry.canonicalKey,
    // The id that the conversation gets if it is new; a message's own id is as good as any other UUIDv7.
    newId: entry.item.messageId,
    contactName: person?.name,
    contactUsername: person?.username,
    replyChannelId: address === undefined ? undefined : channelId,
    replyKind: address?.kind,
    replyAddress: address?.value,
  };
}

function messageRowOf(
  { businessId, messageId, channelId, event, contentJson, quietMs }: IngestItem,
  thread: number,
): StatementValues["messages"][number] {
  return {
    thread,
    businessId,
    id: messageId,
    channelId,
    direction: event.direction,
    author: event.direction === "in" ? "customer" : "human",
    providerMessageId: event.providerMessageId,
    type: event.type,
    text: event.text,
    content: contentJson,
    quotedProviderMessageId: event.quotedProviderMessageId,
    targetProviderMessageId: event.targetProviderMessageId,
    sentAt: event.sentAt,
    quietMs,
    provider: event.provider,
    channelKey: event.channelKey,
    raw: event.raw,
    isHistory: event.isHistory === true,
  };
}

function valuesOf(placed: readonly PlacedItem[], form: Form): StatementValues {
  const { threads, threadOf } = groupByThread(placed);
  return {
    threads: threads.map((thread) => threadRowOf(thread, form)),
    messages: placed.map(({ item }, at) => messageRowOf(item, threadOf[at] ?? 0)),
    identifiers: newAliasesOf(placed).map(({ entry: { item, canonicalKey }, alias: { kind, value, scope } }) => ({
      businessId: item.businessId,
      kind,
      value,
      scope,
      canonicalKey,
    })),
  };
}

export type StoreBatch = (placed: readonly PlacedItem[], patience: Patience) => Promise<StoredBatch>;

export function createStoreBatch(deps: StoreBatchDeps): StoreBatch {
  const { db, batches, resolver, webhookLog, failPoints, log } = deps;

  async function storeOnce(placed: readonly PlacedItem[], progress: Progress): Promise<readonly PlacedItem[]> {
    const { outcomes, contested, parked, form, patience } = progress;
    await failPoints.hit("ingest.before-commit");
    const [row] = await batches.run(storeMessagesAcrossBusinesses, valuesOf(placed, form), patience);
    await failPoints.hit("ingest.after-commit");
    if (row === undefined) throw new Error("the ingest statement answered nothing");
    const stored = new Set(row.stored);
    const winners = new Map(row.redirected.map((thread, at) => [thread, row.redirect_keys[at]]));
    const { threadOf } = winners.size === 0 ? { threadOf: [] } : groupByThread(placed);
    const again: PlacedItem[] = [];
    placed.forEach((entry, at) => {
      const winner = winners.get(threadOf[at] ?? 0);
      if (winner !== undefined) again.push(resolver.redirect(entry, winner));
      else outcomes.set(entry.item, stored.has(at + 1) ? "stored" : "duplicate");
    });
    parked.push(...row.parked);
    const aliases = newAliasesOf(placed);
    for (const ord of row.alias_conflicts) {
      const entry = aliases[ord - 1]?.entry;
      if (entry !== undefined && !contested.includes(entry)) contested.push(entry);
    }
    resolver.remember(placed.filter((entry) => outcomes.has(entry.item) && !contested.includes(entry)));
    return again;
  }

  async function storeAll(placed: readonly PlacedItem[], progress: Progress): Promise<void> {
    let rest = placed;
    // A winner may be merged away in its turn; five hops without an end would be a broken chain, which the doctor reports.
    for (let hop = 0; rest.length > 0; hop += 1) {
      if (hop === 5) throw new Error("a conversation is merged in a circle");
      rest = await storeOnce(rest, progress);
    }
  }

  /** The database refuses the message, or what it says of its thread: then the existing thread takes it as it is. */
  async function storeAlone(entry: PlacedItem, refusal: unknown, progress: Progress): Promise<StoreOutcome | SetAside> {
    const { item, canonicalKey } = entry;
    const reason = messageOf(refusal);
    try {
      const known = await db.run(findConversationOfKeyAcrossBusinesses, { businessId: item.businessId, canonicalKey });
      if (known.length > 0) {
        await storeAll([{ ...entry, newAliases: [] }], { ...progress, form: "bare" });
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
    await webhookLog.quarantine({ businessId: item.businessId, event: item.event, reason });
    return "quarantined";
  }

  async function findHeld(placed: readonly PlacedItem[]): Promise<readonly PlacedItem[]> {
    const { threads, threadOf } = groupByThread(placed);
    const keys = threads.map(({ entry: { item, canonicalKey } }) => ({ businessId: item.businessId, canonicalKey }));
    const rows = await batches.run(findHeldThreadsAcrossBusinesses, { threads: keys }, { isImpatient: true });
    const held = new Set(rows.map(({ ord }) => ord));
    return placed.filter((_, at) => held.has(threadOf[at] ?? 0));
  }

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
      attempt: (entries) => storeAll(entries, progress),
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

  return async (placed, patience) => {
    const outcomes = new Map<IngestItem, StoreOutcome | SetAside>();
    const progress: Progress = { form: "whole", patience, outcomes, heldThreads: new Set(), contested: [], parked: [] };
    await inHalves(
      placed,
      (part) => storeAroundLocks(part, progress),
      async (entry, refusal) => {
        progress.outcomes.set(entry.item, await storeAlone(entry, refusal, progress));
      },
    );
    return progress;
  };
}
