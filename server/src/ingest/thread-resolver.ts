// Owns: from the identifiers of a message to the canonical key of its thread: a bounded cache, then one look-up for all that it missed.
// A stale answer does little harm: canonical keys never change, and a thread that was merged away answers with its winner's key. Only a split makes an
// answer wrong: it is announced (forget), and should that be missed, answers are forgotten after a few seconds anyway.
// Refuses to decide who is who: whatever is not plain is handed back, to be settled (identity/settle-identity.ts).
import type { Queryable } from "../db/query.ts";
import { type Identifier, isPermanent, isSameIdentifier, keysOf } from "../identity/identifier.ts";
import { isHeldAt } from "../identity/number-holders.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createRecentMap } from "../kernel/recent-map.ts";
import { type IngestItem, labelIn } from "./ingest-item.ts";
import { findThreadsAcrossBusinesses } from "./ingest.queries.ts";

export interface PlacedItem {
  readonly item: IngestItem;
  readonly canonicalKey: string;
  /** The identifiers of a thread that begins: they lead to it from now on. */
  readonly newAliases: readonly Identifier[];
}

export interface Resolution {
  /** All identifiers lead to one thread, or none is known and a thread begins. */
  readonly placed: readonly PlacedItem[];
  /** Some identifiers are new to a known thread, or they lead to different ones, or the message tells of a change, or its number was somebody else's then. */
  readonly toSettle: readonly IngestItem[];
  /** They begin a thread together with others of this batch: to be resolved again once those are stored. */
  readonly later: readonly IngestItem[];
  /** Nothing names the sender. */
  readonly nameless: readonly IngestItem[];
}

export interface ThreadResolver {
  resolve(items: readonly IngestItem[]): Promise<Resolution>;
  /** Call after the commit only: what a rolled back batch believed must not be remembered. */
  remember(placed: readonly Pick<PlacedItem, "item" | "canonicalKey">[]): void;
  /** Whether the identifier with this label is known to have its thread. */
  knows(label: string): boolean;
  /** Whether the identifiers with these labels are known to have the same thread. */
  knowsAsOne(labels: readonly string[]): boolean;
  /** After a tombstone answered: this is where its identifiers lead now. */
  redirect(placed: PlacedItem, winnerKey: string): PlacedItem;
  /** After a split: nothing that is remembered is certain. */
  forget(): void;
}

/** Where an identifier leads, and, of a number that was another person's at another time, when. */
interface KnownThread {
  readonly canonicalKey: string;
  readonly since: Date | null;
  readonly until: Date | null;
}

const isOfTime = (thread: KnownThread | undefined, item: IngestItem): boolean =>
  thread === undefined || isHeldAt(thread, item.event.sentAt);

const REMEMBERED_MS = 10_000;

export function createThreadResolver(deps: { readonly db: Queryable; readonly maxEntries: number }): ThreadResolver {
  const cache = createRecentMap<string>({ maxEntries: deps.maxEntries, forMs: REMEMBERED_MS });

  /** Of each of its labels, the key that is remembered. */
  const remembered = (item: IngestItem): readonly (string | undefined)[] =>
    hasPermanent(item) ? item.labels.map((label) => cache.get(label)) : [];

  /** What is not remembered of these items, asked for at once; then it is remembered, too. */
  async function lookUp(
    items: readonly IngestItem[],
    keys: readonly (readonly (string | undefined)[])[],
  ): Promise<ReadonlyMap<string, KnownThread>> {
    const wanted = new Map<string, { readonly item: IngestItem; readonly identifier: Identifier }>();
    items.forEach((item, place) => {
      item.identifiers.forEach((identifier, at) => {
        const label = item.labels[at];
        if (label !== undefined && keys[place]?.[at] === undefined) wanted.set(label, { item, identifier });
      });
    });
    const found = new Map<string, KnownThread>();
    if (wanted.size === 0) return found;
    const identifiers = Array.from(wanted.values(), ({ item, identifier: { kind, value } }) => ({
      businessId: item.businessId,
      kind,
      value,
    }));
    const rows = await deps.db.run(findThreadsAcrossBusinesses, { identifiers });
    for (const row of rows) {
      const label = labelIn(row.business_id as BusinessId, row);
      found.set(label, { canonicalKey: row.canonical_key, since: row.held_since, until: row.held_until });
      cache.set(label, row.canonical_key);
    }
    return found;
  }

  return {
    async resolve(items) {
      const cached = items.map(remembered);
      const found = await lookUp(items, cached);
      const placed: PlacedItem[] = [];
      const toSettle: IngestItem[] = [];
      const later: IngestItem[] = [];
      const nameless: IngestItem[] = [];
      // The first item of the batch that begins a thread says which identifiers it has; others that share only some of them wait for it.
      const beginning = new Map<string, IngestItem>();
      items.forEach((item, place) => {
        const { labels } = item;
        const keys = cached[place] ?? [];
        const known = labels.map((label, at) => keys[at] ?? found.get(label)?.canonicalKey);
        const isOfAnotherTime = !hasPermanent(item) && labels.some((label) => !isOfTime(found.get(label), item));
        const [only] = known;
        const isChange = item.event.becomes !== undefined && labels.length > 0;
        const rival = only !== undefined ? undefined : labels.map((label) => beginning.get(label)).find((other) => other !== undefined);
        if (isChange || known.some((key) => key !== only) || isOfAnotherTime) toSettle.push(item);
        else if (only !== undefined) placed.push({ item, canonicalKey: only, newAliases: [] });
        else if (rival !== undefined && !hasSameIdentifiers(rival, item)) later.push(item);
        else {
          const newKeys = keysOf(item.businessId, item.identifiers);
          if (newKeys === undefined) {
            nameless.push(item);
            return;
          }
          for (const label of labels) beginning.set(label, item);
          placed.push({ item, canonicalKey: newKeys[0], newAliases: item.identifiers });
        }
      });
      return { placed, toSettle, later, nameless };
    },
    remember(entries) {
      for (const { item, canonicalKey } of entries) {
        for (const label of item.labels) cache.set(label, canonicalKey);
      }
    },
    knows: (label) => cache.get(label) !== undefined,
    knowsAsOne(labels) {
      const [first, ...others] = labels.map((label) => cache.get(label));
      return first !== undefined && others.every((key) => key === first);
    },
    redirect(entry, winnerKey) {
      for (const label of entry.item.labels) cache.delete(label);
      return { ...entry, canonicalKey: winnerKey, newAliases: [] };
    },
    forget() {
      cache.clear();
    },
  };
}

/** A phone or a LID can move on to another person; only a permanent identifier beside it makes what is remembered of it certain, whenever the message was written. */
const hasPermanent = ({ identifiers }: IngestItem): boolean => identifiers.some(isPermanent);

function hasSameIdentifiers({ identifiers }: IngestItem, { identifiers: others }: IngestItem): boolean {
  return identifiers.length === others.length && others.every((other) => identifiers.some((one) => isSameIdentifier(one, other)));
}
