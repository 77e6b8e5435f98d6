// Owns: remembering many values for a short time, as cheaply as a Map does. Bounded. Refuses to know: what they are.

export interface RecentMapOptions {
  readonly maxEntries: number;
  /** No value is remembered for longer, unless it is set again; and each for half of it at least, while there is room. */
  readonly forMs: number;
  /** Milliseconds, only ever compared with themselves. */
  readonly now?: () => number;
}

export interface RecentMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  clear(): void;
}

/** Two generations: what was set lately, and what was set before that. A list in the order of use and a clock for each entry cost the intake a twentieth (2026-11-29). */
export function createRecentMap<Value>({ maxEntries, forMs, now = () => performance.now() }: RecentMapOptions): RecentMap<Value> {
  let recent = new Map<string, Value>();
  let before = new Map<string, Value>();
  let since = now();
  let beforeEndsAt = since;

  function age(): void {
    const at = now();
    if (at - since >= forMs / 2 || recent.size >= maxEntries / 2) {
      before = recent;
      beforeEndsAt = since + forMs;
      recent = new Map();
      since = at;
    }
    if (at >= beforeEndsAt && before.size > 0) before = new Map();
  }

  return {
    get(key) {
      age();
      return recent.get(key) ?? before.get(key);
    },
    set(key, value) {
      age();
      if (recent.get(key) !== value) recent.set(key, value);
    },
    delete(key) {
      recent.delete(key);
      before.delete(key);
    },
    clear() {
      recent.clear();
      before.clear();
    },
  };
}
