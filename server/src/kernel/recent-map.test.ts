import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRecentMap } from "./recent-map.ts";

describe("a recent map", () => {
  test("answers what was set within half its time, and nothing that was set a whole time ago", () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 120 }), key: fc.constantFrom("a", "b", "c"), sets: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let now = 0;
        const map = createRecentMap<number>({ maxEntries: 1_000, forMs: 100, now: () => now });
        const lastSet = new Map<string, { readonly value: number; readonly at: number }>();
        for (const [value, { afterMs, key, sets }] of steps.entries()) {
          now += afterMs;
          const last = lastSet.get(key);
          const answer = map.get(key);
          if (last === undefined || now - last.at >= 100) expect(answer).toBeUndefined();
          else if (now - last.at < 50) expect(answer).toBe(last.value);
          else expect([undefined, last.value]).toContain(answer);
          if (!sets) continue;
          map.set(key, value);
          lastSet.set(key, { value, at: now });
        }
      }),
    );
  });

  test("holds no more than its bound, and the latest of it", () => {
    const map = createRecentMap<number>({ maxEntries: 10, forMs: 100, now: () => 0 });
    for (let key = 0; key < 1_000; key += 1) map.set(String(key), key);
    const held = Array.from({ length: 1_000 }, (_, key) => key).filter((key) => map.get(String(key)) !== undefined);
    expect(held.length).toBeLessThanOrEqual(10);
    expect(held.at(-1)).toBe(999);
  });

  test("forgets what is deleted, in whichever generation it is, and everything when it is cleared", () => {
    let now = 0;
    const map = createRecentMap<number>({ maxEntries: 10, forMs: 100, now: () => now });
    map.set("a", 1);
    map.set("b", 2);
    now = 60;
    map.set("a", 1);
    map.delete("a");
    expect(map.get("a")).toBeUndefined();
    expect(map.get("b")).toBe(2);
    map.clear();
    expect(map.get("b")).toBeUndefined();
  });
});
