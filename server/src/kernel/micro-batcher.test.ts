import fc from "fast-check";
import { expect, test } from "vitest";
import { createMicroBatcher } from "./micro-batcher.ts";

interface Batch {
  readonly items: readonly number[];
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** Batches that end when the test says so. */
function createGatedBatcher(
  options: { readonly maxItems?: number; readonly slots?: number; readonly maxWaiting?: number; readonly maxWeight?: number } = {},
) {
  const batches: Batch[] = [];
  const batcher = createMicroBatcher<number, number>({
    maxItems: 100,
    slots: 1,
    weigh: (item) => item,
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        batches.push({ items, end: () => resolve(items.map((item) => item * 2)), fail: reject });
      }),
  });
  const batch = async (index: number): Promise<Batch> => {
    for (;;) {
      const begun = batches[index];
      if (begun !== undefined) return begun;
      await nextTurn();
    }
  };
  return { batcher, batches, batch };
}

/** Everything that was submitted in this turn of the event loop is on its way after it. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("whatever the load, every item is run once, in order, in batches within their limits, and gets its own result", async () => {
  const shape = fc.record({
    items: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }),
    maxItems: fc.integer({ min: 1, max: 10 }),
    slots: fc.integer({ min: 1, max: 3 }),
    maxWeight: fc.integer({ min: 1, max: 60 }),
    pauses: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ items, maxItems, slots, maxWeight, pauses }) => {
      const run: number[][] = [];
      let running = 0;
      let most = 0;
      const batcher = createMicroBatcher<readonly [number, number], string>({
        maxItems,
        slots,
        maxWeight,
        weigh: ([weight]) => weight,
        async run(batch) {
          running += 1;
          most = Math.max(most, running);
          run.push(batch.map(([, index]) => index));
          await nextTurn();
          running -= 1;
          return batch.map(([weight, index]) => `${String(index)}:${String(weight)}`);
        },
      });
      const results: Promise<string>[] = [];
      for (const [index, weight] of items.entries()) {
        results.push(batcher.submit([weight, index]));
        if (pauses[index] === true) await nextTurn();
      }
      expect(await Promise.all(results)).toEqual(items.map((weight, index) => `${String(index)}:${String(weight)}`));
      await batcher.idle();
      expect(run.flat()).toEqual(items.map((_, index) => index));
      expect(most).toBeLessThanOrEqual(slots);
      for (const batch of run) {
        expect(batch.length).toBeLessThanOrEqual(maxItems);
        const weight = batch.reduce((sum, index) => sum + (items[index] ?? 0), 0);
        // One item that is heavier than the limit travels alone.
        if (batch.length > 1) expect(weight).toBeLessThanOrEqual(maxWeight);
      }
    }),
    { numRuns: 200 },
  );
});

test("an item waits only while every slot is busy, and the next batch then takes all that came meanwhile", async () => {
  const { batcher, batches, batch } = createGatedBatcher();
  const first = batcher.submit(1);
  await nextTurn();
  expect(batches.map(({ items }) => items)).toEqual([[1]]);
  const rest = [2, 3, 4].map((item) => batcher.submit(item));
  await nextTurn();
  expect(batches).toHaveLength(1);
  expect(batcher.waiting).toBe(3);
  (await batch(0)).end();
  expect(await first).toBe(2);
  expect((await batch(1)).items).toEqual([2, 3, 4]);
  (await batch(1)).end();
  expect(await Promise.all(rest)).toEqual([4, 6, 8]);
});

test("a batch that fails rejects all of its items with the error, and no other", async () => {
  const { batcher, batch } = createGatedBatcher({ maxItems: 2 });
  const results = [1, 2, 3].map((item) => batcher.submit(item).catch((error: unknown) => error));
  await nextTurn();
  const broken = new Error("the database is gone");
  (await batch(0)).fail(broken);
  await Promise.all(results.slice(0, 2));
  (await batch(1)).end();
  expect(await Promise.all(results)).toEqual([broken, broken, 6]);
});

test("a batch that answers too few results is an error for all of its items", async () => {
  const batcher = createMicroBatcher<number, number>({ maxItems: 10, slots: 1, run: async () => [1] });
  await expect(Promise.all([batcher.submit(1), batcher.submit(2)])).rejects.toThrow("a batch of 2 answered 1 results");
});

test("when too many wait, further items are refused at once, and those that wait are still served", async () => {
  const { batcher, batch } = createGatedBatcher({ maxWaiting: 2 });
  const running = batcher.submit(1);
  await nextTurn();
  const waiting = [batcher.submit(2), batcher.submit(3)];
  await expect(batcher.submit(4)).rejects.toThrow("full");
  (await batch(0)).end();
  await running;
  (await batch(1)).end();
  expect(await Promise.all(waiting)).toEqual([4, 6]);
});

test("idle resolves when nothing waits and nothing runs, also after a failure, and at once when there was nothing", async () => {
  const { batcher, batch } = createGatedBatcher({ maxItems: 1 });
  await batcher.idle();
  const failing = batcher.submit(1).catch(() => "failed");
  const later = batcher.submit(2);
  let isIdle = false;
  const idle = batcher.idle().then(() => (isIdle = true));
  await nextTurn();
  (await batch(0)).fail(new Error("no"));
  expect(await failing).toBe("failed");
  await nextTurn();
  expect(isIdle).toBe(false);
  (await batch(1)).end();
  await later;
  await idle;
  expect(batcher.waiting).toBe(0);
});

test("everybody who waits gets a turn: one with many items holds up one with few for one batch at most", async () => {
  const batches: string[][] = [];
  const batcher = createMicroBatcher<string, string>({
    maxItems: 4,
    slots: 1,
    shareOf: (item) => item.slice(0, 1),
    run: async (items) => {
      batches.push([...items]);
      return items;
    },
  });
  const many = Array.from({ length: 20 }, (_, at) => batcher.submit(`a${String(at)}`));
  await Promise.all([...many, batcher.submit("b0"), batcher.submit("b1")]);
  expect(batches[0]).toEqual(["a0", "b0", "a1", "b1"]);
  expect(batches.flat().filter((item) => item.startsWith("a"))).toEqual(Array.from({ length: 20 }, (_, at) => `a${String(at)}`));
});

test("one share fills its part of the queue and no more, and what was begun is let in", async () => {
  const batcher = createMicroBatcher<string, string>({
    maxItems: 10,
    slots: 1,
    maxWaiting: 10,
    maxWaitingOfShare: 2,
    shareOf: (item) => item.slice(0, 1),
    run: async (items) => items,
  });
  const waiting = [batcher.submit("a0"), batcher.submit("a1")];
  await expect(batcher.submit("a2")).rejects.toThrow("full");
  const more = [batcher.submit("b0"), batcher.submit("a3", { begun: true })];
  expect(await Promise.all([...waiting, ...more])).toEqual(["a0", "a1", "b0", "a3"]);
});

test("after the beginning of a batch what comes travels together, and what comes alone does not wait", async () => {
  const batches: (readonly number[])[] = [];
  const batcher = createMicroBatcher<number, number>({
    maxItems: 100,
    slots: 4,
    restMs: 250,
    run(items) {
      batches.push(items);
      return Promise.resolve(items);
    },
  });
  await batcher.submit(1);
  const later = [batcher.submit(2)];
  await nextTurn();
  later.push(batcher.submit(3));
  await Promise.all(later);
  expect(batches).toEqual([[1], [2, 3]]);
  await batcher.idle();
});
