import fc from "fast-check";
import { expect, test } from "vitest";
import type { SetAside } from "./around-locks.ts";
import { createTurns, type Turns, type TurnsOptions } from "./take-turns.ts";

/** A name and a number; "a1" and "a2" are of the same sender. */
type Item = string;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function turnsWith(options: Partial<TurnsOptions<Item, "stored">>): Turns<Item, "stored"> {
  return createTurns<Item, "stored">({
    namesOf: (item) => item.slice(0, -1).split(""),
    isGone: () => false,
    shareOf: () => "",
    maxItems: 4,
    repeatMs: 3,
    slowMs: 0,
    maxWaiting: 1_000,
    maxWaitingOfShare: 1_000,
    onFull: () => new Error("full"),
    store: (items) => Promise.resolve(items.map(() => "stored" as const)),
    ...options,
  });
}

test("whatever is locked, and however often, each sender's items are stored in the order of arrival, once, and one batch at a time", async () => {
  const item = fc.record({ sender: fc.constantFrom("a", "b", "c", "ab"), locked: fc.integer({ min: 0, max: 1 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 6 }), async (batches) => {
      const stored: Item[] = [];
      const busy = new Set<string>();
      const failures = new Map<Item, number>();
      const turns = turnsWith({
        async store(items) {
          const names = new Set(items.flatMap((one) => one.slice(0, -1).split("")));
          for (const name of names) expect(busy.has(name)).toBe(false);
          for (const name of names) busy.add(name);
          await nextTurn();
          for (const name of names) busy.delete(name);
          const aside = new Set<string>();
          return items.map((one): "stored" | SetAside => {
            const own = one.slice(0, -1).split("");
            const left = failures.get(one) ?? 0;
            if (left > 0) failures.set(one, left - 1);
            if (left > 0 || own.some((name) => aside.has(name))) {
              for (const name of own) aside.add(name);
              return "held";
            }
            stored.push(one);
            return "stored";
          });
        },
      });
      let counter = 0;
      const all: Item[] = [];
      const results = await Promise.all(
        batches.map(async (batch) => {
          const items = batch.map(({ sender, locked }) => {
            counter += 1;
            const name = `${sender}${String.fromCharCode(0x1000 + counter)}`;
            failures.set(name, locked);
            all.push(name);
            return name;
          });
          const outcomes = await turns.run(items);
          return Promise.all(outcomes.map((outcome) => Promise.resolve(outcome)));
        }),
      );
      await turns.idle();
      expect(results.flat()).toEqual(all.map(() => "stored"));
      for (const name of "abc") {
        const of = (items: readonly Item[]): readonly Item[] => items.filter((one) => one.slice(0, -1).includes(name));
        expect(of(stored)).toEqual(of(all));
      }
    }),
    { numRuns: 60 },
  );
});

test("what nobody waits for any more is not stored, and what is behind it is", async () => {
  const gone = new Set<Item>();
  let isLocked = true;
  const stored: Item[] = [];
  const turns = turnsWith({
    isGone: (item) => gone.has(item),
    store: (items) => {
      if (!isLocked) stored.push(...items);
      return Promise.resolve(items.map(() => (isLocked ? "held" : "stored")));
    },
  });
  const [first] = await turns.run(["a1"]);
  const [second] = await turns.run(["a2"]);
  gone.add("a1");
  isLocked = false;
  await expect(first).rejects.toThrow("nobody waits");
  expect(await second).toBe("stored");
  expect(stored).toEqual(["a2"]);
});

test("no more than the bound wait, and a failure of the database reaches those whose batch it was", async () => {
  const turns = turnsWith({ maxWaiting: 1, store: (items) => Promise.resolve(items.map(() => "held" as const)), isGone: () => isOver });
  let isOver = false;
  const [first, second] = await turns.run(["a1", "b1"]);
  await expect(second).rejects.toThrow("full");
  isOver = true;
  await expect(first).rejects.toThrow("nobody waits");
  await turns.idle();
  const failing = turnsWith({ store: () => Promise.reject(new Error("the database is gone")) });
  const [lost] = await failing.run(["a1"]);
  await expect(lost).rejects.toThrow("gone");
});

test("what fails behind another while the rest of its batch is still being stored is refused, and ends no process", async () => {
  const first = Promise.withResolvers<undefined>();
  const rest = Promise.withResolvers<undefined>();
  const turns = turnsWith({
    async store(items) {
      if (items.includes("a1")) await first.promise;
      else if (items.includes("c1")) await rest.promise;
      else throw new Error("the database is gone");
      return items.map(() => "stored" as const);
    },
  });
  const ahead = turns.run(["a1"]);
  const batch = turns.run(["a2", "c1"]);
  first.resolve(undefined);
  expect(await ahead).toEqual(["stored"]);
  // Its turn has come and failed by then; nobody listens yet. Vitest fails a run in which a rejection was not handled.
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  rest.resolve(undefined);
  const [a2, c1] = await batch;
  await expect(a2).rejects.toThrow("the database is gone");
  expect(c1).toBe("stored");
});

test("batches of a known name may overlap, of an unknown one never, and of none behind a batch that takes long", async () => {
  const held = Promise.withResolvers<undefined>();
  const begun: Item[] = [];
  const turns = turnsWith({
    slowMs: 60_000,
    mayOverlap: (name) => name === "a",
    async store(items) {
      begun.push(...items);
      if (items.includes("a1")) await held.promise;
      return items.map(() => "stored" as const);
    },
  });
  const first = turns.run(["a1", "b1"]);
  const second = await turns.run(["a2", "b2"]);
  expect(begun).toEqual(["a1", "b1", "a2"]);
  held.resolve(undefined);
  await Promise.all([...(await first), ...second]);
  expect(begun).toEqual(["a1", "b1", "a2", "b2"]);

  const slow = turnsWith({
    slowMs: 0,
    mayOverlap: () => true,
    store(items) {
      begun.push(...items);
      return new Promise(() => undefined);
    },
  });
  for (const item of ["c1", "c2"]) void slow.run([item]);
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect(begun.slice(4)).toEqual(["c1"]);
});
