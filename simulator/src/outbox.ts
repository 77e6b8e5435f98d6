// Owns the sends that were accepted: what, to whom, when, and the statuses that followed. Knows nothing of HTTP.
import type { JsonObject } from "./json-object.ts";

export interface SentStatus {
  readonly status: string;
  readonly at: string;
}

export interface OutboxEntry {
  readonly id: string;
  readonly phoneNumberId: string;
  /** Digits of the phone, or the group id; absent when it was sent to a user id. */
  readonly to?: string;
  /** The user id, when it was sent to one. */
  readonly recipient?: string;
  readonly type: string;
  /** The request body as received. */
  readonly body: JsonObject;
  /** Absent: `/messages`. */
  readonly edge?: "marketing_messages";
  readonly acceptedAt: string;
  readonly statuses: SentStatus[];
}

export interface OutboxFilter {
  readonly to?: string;
  /** ISO instant; entries accepted at or after it. */
  readonly since?: string;
  readonly phoneNumberId?: string;
  /** Id of an entry; only what was accepted after it. */
  readonly after?: string;
  readonly limit?: number;
}

export interface Outbox {
  readonly add: (entry: OutboxEntry) => void;
  readonly find: (id: string) => OutboxEntry | undefined;
  /** In order of acceptance. */
  readonly list: (filter?: OutboxFilter) => readonly OutboxEntry[];
  readonly count: (filter?: OutboxFilter) => number;
  /** Resolves as soon as this many match, or when the time is up. */
  readonly waitFor: (filter: OutboxFilter, wanted: { readonly atLeast: number; readonly waitMs: number }) => Promise<void>;
  readonly clear: () => void;
}

const keptEntries = 250_000;

/** Index of the first entry accepted at or after the instant; entries are in order of acceptance. */
function firstSince(entries: readonly OutboxEntry[], since: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.acceptedAt ?? "") < since) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createOutbox(): Outbox {
  let entries: OutboxEntry[] = [];
  const byId = new Map<string, OutboxEntry>();
  const byAddress = new Map<string, OutboxEntry[]>();

  const waiters = new Set<() => void>();

  const index = (entry: OutboxEntry): void => {
    byId.set(entry.id, entry);
    const address = entry.to ?? entry.recipient ?? "";
    const list = byAddress.get(address);
    if (list === undefined) byAddress.set(address, [entry]);
    else list.push(entry);
  };
  const clear = (): void => {
    entries = [];
    byId.clear();
    byAddress.clear();
  };
  // Dropping a fifth at once keeps the cost per entry constant.
  const dropOldest = (): void => {
    const kept = entries.slice(-Math.floor(keptEntries * 0.8));
    clear();
    entries = kept;
    kept.forEach(index);
  };
  const select = ({ to, since, phoneNumberId, after }: OutboxFilter): readonly OutboxEntry[] => {
    let selected: readonly OutboxEntry[] =
      to === undefined ? entries : (byAddress.get(/^\+?\d+$/.test(to) ? to.replace("+", "") : to) ?? []);
    if (since !== undefined) selected = selected.slice(firstSince(selected, since));
    if (phoneNumberId !== undefined) selected = selected.filter((entry) => entry.phoneNumberId === phoneNumberId);
    if (after === undefined) return selected;
    const known = byId.get(after);
    return known === undefined ? selected : selected.slice(selected.lastIndexOf(known) + 1);
  };

  return {
    add(entry) {
      entries.push(entry);
      index(entry);
      if (entries.length > keptEntries) dropOldest();
      for (const look of waiters) look();
    },
    find: (id) => byId.get(id),
    list(filter = {}) {
      const selected = select(filter);
      return filter.limit === undefined ? selected.slice() : selected.slice(0, filter.limit);
    },
    count: (filter = {}) => select(filter).length,
    waitFor: (filter, { atLeast, waitMs }) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          waiters.delete(look);
          resolve();
        };
        const look = (): void => {
          if (select(filter).length >= atLeast) end();
        };
        const timer = setTimeout(end, waitMs);
        waiters.add(look);
        look();
      }),
    clear,
  };
}
