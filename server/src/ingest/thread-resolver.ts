// Owns: from the identifiers of a message to the canonical key of its thread: a bounded cache, then one look-up for all that it missed.
// A stale answer is harmless: canonical keys never change, and a thread that was merged away answers with its winner's key.
import { LRUCache } from "lru-cache";
import { canonicalKeyOf } from "../conversations/canonical-key.ts";
import type { Queryable } from "../db/query.ts";
import type { Alias, IngestItem } from "./ingest-item.ts";
import { findThreadsAcrossBusinesses } from "./ingest.queries.ts";

export interface PlacedItem {
  readonly item: IngestItem;
  readonly canonicalKey: string;
  /** The aliases that are not known to be stored yet. */
  readonly newAliases: readonly Alias[];
}

export interface ThreadResolver {
  /** Items whose identifiers give no key at all are left out of the answer. */
  resolve(items: readonly IngestItem[]): Promise<readonly PlacedItem[]>;
  /** Call after the commit only: what a rolled back batch believed must not be remembered. */
  remember(placed: readonly PlacedItem[]): void;
  /** After a tombstone answered: this is where its identifiers lead now. */
  redirect(placed: PlacedItem, winnerKey: string): PlacedItem;
}

const cacheKey = (businessId: string, alias: Alias): string => `${businessId}|${alias.kind}|${alias.value}`;

function derivedKey(item: IngestItem): string | undefined {
  const { phone, userId, lid } = item.event.customer;
  const { groupId } = item.event;
  return canonicalKeyOf(item.businessId, {
    ...(phone !== undefined && { phone }),
    ...(userId !== undefined && { userId }),
    ...(lid !== undefined && { lid }),
    ...(groupId !== undefined && { groupId }),
  });
}

export function createThreadResolver(deps: { readonly db: Queryable; readonly maxEntries: number }): ThreadResolver {
  const cache = new LRUCache<string, string>({ max: deps.maxEntries });

  async function lookUp(items: readonly IngestItem[]): Promise<Map<string, string>> {
    const wanted = new Map<string, { readonly item: IngestItem; readonly alias: Alias }>();
    for (const item of items) {
      for (const alias of item.aliases) {
        const key = cacheKey(item.businessId, alias);
        if (!cache.has(key)) wanted.set(key, { item, alias });
      }
    }
    const found = new Map<string, string>();
    if (wanted.size === 0) return found;
    const list = [...wanted.values()];
    const rows = await deps.db.run(findThreadsAcrossBusinesses, [
      list.map(({ item }) => item.businessId),
      list.map(({ alias }) => alias.kind),
      list.map(({ alias }) => alias.value),
    ]);
    for (const row of rows) {
      const key = `${row.business_id}|${row.kind}|${row.value}`;
      found.set(key, row.canonical_key);
      cache.set(key, row.canonical_key);
    }
    return found;
  }

  return {
    async resolve(items) {
      const found = await lookUp(items);
      // Those with more identifiers first: what they prove decides for those of the same batch that carry fewer.
      const order = [...items.keys()].sort((a, b) => (items[b]?.aliases.length ?? 0) - (items[a]?.aliases.length ?? 0));
      const derived = new Map<string, string>();
      const placed = new Map<number, PlacedItem>();
      for (const index of order) {
        const item = items[index];
        if (item === undefined) continue;
        const known = item.aliases.map((alias) => {
          const key = cacheKey(item.businessId, alias);
          return cache.get(key) ?? found.get(key);
        });
        const canonicalKey =
          known.find((key) => key !== undefined) ??
          item.aliases.map((alias) => derived.get(cacheKey(item.businessId, alias))).find((key) => key !== undefined) ??
          derivedKey(item);
        if (canonicalKey === undefined) continue;
        for (const alias of item.aliases) {
          const key = cacheKey(item.businessId, alias);
          if (!derived.has(key)) derived.set(key, canonicalKey);
        }
        placed.set(index, { item, canonicalKey, newAliases: item.aliases.filter((_, at) => known[at] === undefined) });
      }
      return [...placed.entries()].sort(([a], [b]) => a - b).map(([, entry]) => entry);
    },
    remember(entries) {
      for (const { item, canonicalKey, newAliases } of entries) {
        for (const alias of newAliases) cache.set(cacheKey(item.businessId, alias), canonicalKey);
      }
    },
    redirect(entry, winnerKey) {
      for (const alias of entry.item.aliases) cache.delete(cacheKey(entry.item.businessId, alias));
      return { ...entry, canonicalKey: winnerKey, newAliases: [] };
    },
  };
}
