// Owns: remembering the answers of a look-up for a few seconds, and asking once for all who ask at the same time. Bounded.
// Refuses to know: what is looked up.
import { LRUCache } from "lru-cache";

export interface CachedLookupOptions<Found> {
  /** Answers undefined when there is no such thing; a throw is not remembered. */
  readonly find: (key: string) => Promise<Found | undefined>;
  readonly maxEntries: number;
  readonly foundForMs: number;
  readonly missingForMs: number;
  /** Milliseconds, only ever compared with themselves. */
  readonly now?: () => number;
}

export interface CachedLookup<Found> {
  find(key: string): Promise<Found | undefined>;
  forget(): void;
}

interface Answer<Found> {
  readonly found: Found | undefined;
  readonly expiresAt: number;
}

export function createCachedLookup<Found>(options: CachedLookupOptions<Found>): CachedLookup<Found> {
  const now = options.now ?? (() => performance.now());
  // Made-up keys only push each other out of their own cache, never the keys that exist.
  const known = new LRUCache<string, Answer<Found>>({ max: options.maxEntries });
  const missing = new LRUCache<string, Answer<Found>>({ max: options.maxEntries });
  const asking = new Map<string, Promise<Found | undefined>>();
  let generation = 0;

  async function ask(key: string): Promise<Found | undefined> {
    const askedIn = generation;
    // From before the question: an answer must not outlive the change that followed it by more than its time.
    const askedAt = now();
    const found = await options.find(key);
    if (askedIn === generation) {
      const lasts = found === undefined ? options.missingForMs : options.foundForMs;
      (found === undefined ? missing : known).set(key, { found, expiresAt: askedAt + lasts });
    }
    return found;
  }

  return {
    find(key) {
      const remembered = known.get(key) ?? missing.get(key);
      if (remembered !== undefined && remembered.expiresAt > now()) return Promise.resolve(remembered.found);
      const running = asking.get(key);
      if (running !== undefined) return running;
      const answer = ask(key).finally(() => {
        if (asking.get(key) === answer) asking.delete(key);
      });
      asking.set(key, answer);
      return answer;
    },
    forget() {
      generation += 1;
      known.clear();
      missing.clear();
      asking.clear();
    },
  };
}
