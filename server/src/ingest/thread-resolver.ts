// Owns: from the identifiers of a message to the canonical key of its thread: a bounded cache, then one look-up for all that it missed.
// A stale answer does little harm: canonical keys never change, and a thread that was merged away answers with its winner's key. Only a split makes an
// answer wrong: it is announced (forget), and in case that this is missed, answers are forgotten after a few seconds anyway.
// Refuses to decide who is who: whatever is not plain is handed back, to be settled (identity/settle-identity.ts).
import { LRUCache } from "lru-cache";
import { canonicalKeyOf } from "../identity/canonical-key.ts";
import type { Queryable } from "../db/query.ts";
import { isHeldAt } from "../identity/number-holders.ts";
import type { Alias, IngestItem } from "./ingest-item.ts";
import { findThreadsAcrossBusinesses } from "./ingest.queries.ts";

export interface PlacedItem {
  readonly item: IngestItem;
  readonly canonicalKey: string;
  /** The aliases that are not known to be stored yet. */
  readonly newAliases: readonly Alias[];
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
  /** Whether this identifier (named as `namesOf` does) is known to have its thread. */
  knows(name: string): boolean;
  /** After a tombstone answered: this is where its identifiers lead now. */
  redirect(placed: PlacedItem, winnerKey: string): PlacedItem;
  /** After a split: nothing that is remembered is certain. */
  forget(): void;
}

/** The keys that a new thread of this sender may have, the preferred one first. */
export function newKeysOf(item: IngestItem): readonly string[] {
  const { phone, userId, parentUserId, lid } = item.event.customer;
  const { groupId } = item.event;
  const identities = groupId === undefined ? [{ phone }, { userId }, { userId: parentUserId }, { lid }] : [{ groupId }];
  return identities.map((identity) => canonicalKeyOf(item.businessId, identity)).filter((key) => key !== undefined);
}

/** Where an identifier leads, and, of a number that was another person's at another time, when. */
interface Found {
  readonly canonicalKey: string;
  readonly since: Date | null;
  readonly until: Date | null;
}

const isOfTime = (found: Found | undefined, item: IngestItem): boolean => found === undefined || isHeldAt(found, item.event.sentAt);

const REMEMBERED_MS = 10_000;

export function createThreadResolver(deps: { readonly db: Queryable; readonly maxEntries: number }): ThreadResolver {
  const cache = new LRUCache<string, string>({ max: deps.maxEntries, ttl: REMEMBERED_MS });

  // A phone or a LID can move on to another person; only a user id makes what the cache says of them certain.
  const remembered = (item: IngestItem, name: string): string | undefined =>
    item.aliases.some(({ kind }) => kind === "user" || kind === "parent_user" || kind === "group") ? cache.get(name) : undefined;

  /** Fills the cache; answers what it found too, because a small cache may forget before it is asked. */
  async function lookUp(items: readonly IngestItem[]): Promise<ReadonlyMap<string, Found>> {
    const wanted = new Map<string, { readonly item: IngestItem; readonly alias: Alias }>();
    for (const item of items) {
      item.aliases.forEach((alias, at) => {
        const name = item.names[at];
        if (name !== undefined && remembered(item, name) === undefined) wanted.set(name, { item, alias });
      });
    }
    const found = new Map<string, Found>();
    if (wanted.size === 0) return found;
    const identifiers = Array.from(wanted.values(), ({ item, alias }) => ({
      businessId: item.businessId,
      kind: alias.kind,
      value: alias.value,
    }));
    const rows = await deps.db.run(findThreadsAcrossBusinesses, { identifiers });
    for (const row of rows) {
      const name = `${row.business_id}|${row.kind}|${row.value}`;
      found.set(name, { canonicalKey: row.canonical_key, since: row.held_since, until: row.held_until });
      cache.set(name, row.canonical_key);
    }
    return found;
  }

  return {
    async resolve(items) {
      const found = await lookUp(items);
      const placed: PlacedItem[] = [];
      const toSettle: IngestItem[] = [];
      const later: IngestItem[] = [];
      const nameless: IngestItem[] = [];
      // The first item of the batch that begins a thread says which identifiers it has; others that share only some of them wait for it.
      const beginning = new Map<string, IngestItem>();
      for (const item of items) {
        const { names } = item;
        const known = names.map((name) => remembered(item, name) ?? found.get(name)?.canonicalKey);
        const isOfAnotherTime = names.some((name) => remembered(item, name) === undefined && !isOfTime(found.get(name), item));
        const keys = new Set(known);
        const [only] = keys;
        const rival = names.map((name) => beginning.get(name)).find((other) => other !== undefined);
        if (names.length === 0) nameless.push(item);
        else if (item.event.becomes !== undefined || keys.size > 1 || isOfAnotherTime) toSettle.push(item);
        else if (only !== undefined) placed.push({ item, canonicalKey: only, newAliases: [] });
        else if (rival !== undefined && !hasSameNames(rival, item)) later.push(item);
        else {
          const [canonicalKey] = newKeysOf(item);
          if (canonicalKey === undefined) {
            nameless.push(item);
            continue;
          }
          for (const name of names) beginning.set(name, item);
          placed.push({ item, canonicalKey, newAliases: item.aliases });
        }
      }
      return { placed, toSettle, later, nameless };
    },
    remember(entries) {
      for (const { item, canonicalKey } of entries) {
        for (const name of item.names) cache.set(name, canonicalKey);
      }
    },
    knows: (name) => cache.has(name),
    redirect(entry, winnerKey) {
      for (const name of entry.item.names) cache.delete(name);
      return { ...entry, canonicalKey: winnerKey, newAliases: [] };
    },
    forget() {
      cache.clear();
    },
  };
}

function hasSameNames(a: IngestItem, b: IngestItem): boolean {
  return (
    a.aliases.length === b.aliases.length &&
    a.aliases.every((alias, at) => alias.kind === b.aliases[at]?.kind && alias.value === b.aliases[at].value)
  );
}
