// Owns: how a batch of messages gets into its threads: resolve, settle what is not plain, store, and settle what turned out to be contested.
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { SettleRequest } from "../identity/identity-transaction.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { keysOf } from "../identity/identifier.ts";
import { numberChangeOf } from "../identity/number-holders.ts";
import { messageOf } from "../kernel/faults.ts";
import { isSetAside, type Patience, patienceOf, type SetAside } from "./around-locks.ts";
import { identifiersOfItem, type IngestItem, labelsOfItem } from "./ingest-item.ts";
import { findThreadsOfMessagesAcrossBusinesses } from "./ingest.queries.ts";
import { createStoreBatch, type StoreBatchDeps, type StoreOutcome } from "./store-batch.ts";
import { createApplyParked } from "./apply-parked.ts";
import type { ChangeIdentity } from "./change-identities.ts";
import { type AwaitedPerson, type ParkedChanges, peopleOfItem, UNKNOWN_PERSON, waitsForOf } from "./parked-changes.ts";
import type { PlacedItem, ThreadResolver } from "./thread-resolver.ts";

export interface StoreMessagesDeps extends StoreBatchDeps {
  readonly resolver: ThreadResolver;
  readonly settleIdentity: SettleIdentity;
  readonly parkedChanges: ParkedChanges;
  readonly changeIdentity: ChangeIdentity;
}

export interface StoreMessages {
  /** What is set aside is not durable: it is stored again, with `isRepeat`, before anything else of the same sender. */
  store(items: readonly IngestItem[], isRepeat: boolean): Promise<readonly (StoreOutcome | SetAside)[]>;
  /** These people may have become known in some other way: what waits for them is applied. Never throws. */
  applyWaiting(people: readonly AwaitedPerson[]): Promise<void>;
}

/** What a batch has come to so far. */
interface Batch {
  readonly outcomes: Map<IngestItem, StoreOutcome | SetAside>;
  /** Whose identifiers were settled before their message is stored, or parked. */
  readonly settled: IngestItem[];
  readonly patience: Patience;
}

/** For whoever settles: as long as a batch waits for a row, and then hardly at all. */
const SETTLE_LOCK_MS = 1_000;
const IMPATIENT_SETTLE_LOCK_MS = 50;

export function createStoreMessages(deps: StoreMessagesDeps): StoreMessages {
  const { resolver, webhookLog, parkedChanges } = deps;
  const storeBatch = createStoreBatch(deps);
  const applyParked = createApplyParked({ ...deps, storeChange });

  async function store(items: readonly IngestItem[], isRepeat: boolean): Promise<readonly (StoreOutcome | SetAside)[]> {
    const batch: Batch = { outcomes: new Map(), settled: [], patience: patienceOf(isRepeat) };
    const { outcomes, settled } = batch;
    for (let rest = items; rest.length > 0;) {
      const { firsts, repeats } = withoutRepeats(rest);
      const { placed, toSettle, later, nameless } = await resolver.resolve(firsts);
      for (const item of nameless) outcomes.set(item, await quarantine(item, "The message names no sender."));
      await storePlaced(placed, batch);
      await storePlaced(await settleAll(toSettle, batch), batch);
      // The statement that stores asks for those of new identifiers; who was settled has theirs already.
      if (settled.length > 0) await applyWaiting(settled.splice(0).flatMap(peopleOfItem));
      rest = repeats.length === 0 ? later : [...later, ...repeats];
      if (batch.patience.isImpatient) rest = setAsideBehind(rest, batch);
    }
    return items.map((item) => {
      const outcome = outcomes.get(item);
      if (outcome === undefined) throw new Error("a message has no outcome: nothing may be acknowledged");
      return outcome;
    });
  }

  async function storePlaced(placed: readonly PlacedItem[], batch: Batch): Promise<void> {
    const { outcomes, patience } = batch;
    const { outcomes: stored, parked, contested } = await storeBatch(placed, patience);
    for (const [item, outcome] of stored) outcomes.set(item, outcome);
    if (parked.length > 0) await applyParked(() => Promise.resolve(parked));
    for (const { item, canonicalKey } of contested) {
      await unlessHeld(item, batch, () => settle(item, patience, { placedKey: canonicalKey }));
    }
    const twins = placed.filter(
      ({ item, newAliases }) => newAliases.length > 0 && item.event.groupId === undefined && outcomes.get(item) === "duplicate",
    );
    if (twins.length > 0) await learnFromTwins(twins, batch);
  }

  /** A gateway may deliver one message twice, once under the phone and once under the LID of its sender: that proves the two to be one person. */
  async function learnFromTwins(twins: readonly PlacedItem[], batch: Batch): Promise<void> {
    const threads = await threadsOf(twins.map(({ item }) => item));
    for (const [at, { item, canonicalKey }] of twins.entries()) {
      const placedKey = threads.get(at);
      // Mostly it is the very same webhook, several times at once.
      if (placedKey === undefined || placedKey === canonicalKey) continue;
      await unlessHeld(item, batch, () => settle(item, batch.patience, { placedKey }));
    }
  }

  /** Answers those that have their thread now, and are not stored yet. */
  async function settleAll(items: readonly IngestItem[], batch: Batch): Promise<readonly PlacedItem[]> {
    const { outcomes, patience } = batch;
    const placed: PlacedItem[] = [];
    const threads = await threadsOf(items);
    for (const [at, item] of items.entries()) {
      const placedKey = threads.get(at);
      try {
        await unlessHeld(item, batch, async () => {
          if (placedKey !== undefined) {
            await settle(item, patience, { placedKey, isRedelivery: true });
            outcomes.set(item, "duplicate");
            return;
          }
          const entry = await settle(item, patience);
          if (entry === undefined) outcomes.set(item, await quarantine(item, UNKNOWN_PERSON, waitsForOf(item)));
          else placed.push(entry);
          // A parked one too: its person may have become known elsewhere between the look and the record.
          batch.settled.push(item);
        });
      } catch (error) {
        if (classifyDatabaseError(error) !== "data") throw error;
        outcomes.set(item, await quarantine(item, messageOf(error)));
      }
    }
    return placed;
  }

  /** Where those of the items stand that are stored already, by their place in the list. */
  async function threadsOf(items: readonly IngestItem[]): Promise<ReadonlyMap<number, string>> {
    if (items.length === 0) return new Map();
    const messages = items.map(({ businessId, channelId, event: { providerMessageId } }) => ({ businessId, channelId, providerMessageId }));
    const rows = await deps.db.run(findThreadsOfMessagesAcrossBusinesses, { messages });
    return new Map(rows.map(({ ord, canonical_key }) => [ord - 1, canonical_key]));
  }

  /** Undefined: the change of somebody of whom nothing is known; it is not the beginning of a thread. */
  async function settle(
    item: IngestItem,
    { isImpatient }: Patience,
    known: Pick<SettleRequest, "placedKey" | "isRedelivery"> = {},
  ): Promise<PlacedItem | undefined> {
    const isChange = item.event.becomes !== undefined;
    const settled = await deps.settleIdentity({
      businessId: item.businessId,
      identifiers: identifiersOfItem(item),
      newKeys: isChange ? undefined : keysOf(item.businessId, item.identifiers),
      reason: isChange ? "change_event" : "payload",
      proof: { providerMessageId: item.event.providerMessageId, channelId: item.channelId },
      at: item.event.sentAt,
      change: numberChangeOf(item.event.customer, item.event.becomes),
      lockTimeoutMs: isImpatient ? IMPATIENT_SETTLE_LOCK_MS : SETTLE_LOCK_MS,
      ...known,
    });
    if (settled === undefined) return undefined;
    const placed = { item, canonicalKey: settled.canonicalKey, newAliases: [] };
    resolver.remember([placed]);
    return placed;
  }

  /** When somebody holds a row that it needs, the item is set aside. If it is stored already by then, its repetition is a duplicate. */
  async function unlessHeld(item: IngestItem, { outcomes, patience }: Batch, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (classifyDatabaseError(error) !== "locked") throw error;
      patience.isImpatient = true;
      outcomes.set(item, "stuck");
    }
  }

  async function quarantine({ businessId, event }: IngestItem, reason: string, waitsFor?: readonly string[]): Promise<StoreOutcome> {
    await webhookLog.quarantine([{ businessId, event, reason, waitsFor }]);
    return "quarantined";
  }

  function applyWaiting(people: readonly AwaitedPerson[]): Promise<void> {
    return applyParked(() => parkedChanges.listWaitingFor(people));
  }

  /** A parked change that came with a message: alone, and without waiting for a lock. */
  async function storeChange(item: IngestItem): Promise<boolean> {
    const batch: Batch = { outcomes: new Map(), settled: [], patience: patienceOf(true) };
    await unlessHeld(item, batch, async () => {
      const entry = await settle(item, batch.patience);
      if (entry !== undefined) await storePlaced([entry], batch);
    });
    const outcome = batch.outcomes.get(item);
    return outcome === "stored" || outcome === "duplicate";
  }

  return { store, applyWaiting };
}

/** Whatever is of the same sender as something that was set aside is set aside behind it; answers the others. */
function setAsideBehind(items: readonly IngestItem[], { outcomes }: Batch): readonly IngestItem[] {
  const held = new Set([...outcomes].flatMap(([item, outcome]) => (isSetAside(outcome) ? labelsOfItem(item) : [])));
  const isBehind = (item: IngestItem): boolean => labelsOfItem(item).some((label) => held.has(label));
  for (const item of items) if (isBehind(item)) outcomes.set(item, "held");
  return items.filter((item) => !isBehind(item));
}

/** The same message twice in one batch: the second is looked at when the first is stored, or it would be given a place in the thread that stays empty. */
function withoutRepeats(items: readonly IngestItem[]): { readonly firsts: readonly IngestItem[]; readonly repeats: readonly IngestItem[] } {
  const seen = new Set<string>();
  const repeats: IngestItem[] = [];
  const firsts = items.filter((item) => {
    const name = `${item.channelId}|${item.event.providerMessageId}`;
    if (!seen.has(name)) return seen.add(name);
    repeats.push(item);
    return false;
  });
  return { firsts, repeats };
}
