import { expect, test } from "vitest";
import type { BusinessId } from "../kernel/ids.ts";
import { newId } from "../kernel/ids.ts";
import { createIngestQueue } from "./ingest-queue.ts";

interface Item {
  readonly businessId: BusinessId;
  readonly name: string;
  readonly weight: number;
}

const businessId = newId<BusinessId>();

/** The order in which a queue with one slot stores what a large delivery and then a small one bring. */
async function storedBeside(large: readonly Item[]): Promise<readonly string[]> {
  const stored: string[] = [];
  const queue = createIngestQueue<Item, "stored">({
    slots: 1,
    maxWaiting: 100_000,
    namesOf: () => [],
    weigh: ({ weight }) => weight,
    store: (items) => {
      stored.push(...items.map(({ name }) => name));
      return Promise.resolve(items.map(() => "stored" as const));
    },
  });
  const small: Item = { businessId, name: "small", weight: 1_000 };
  const outcomes = await Promise.all([queue.submitAll(large, (item) => item), queue.submitAll([small], (item) => item)]);
  expect(outcomes.flat()).toEqual([...large, small].map(() => "stored"));
  return stored;
}

const itemsOf = (count: number, weight: number): readonly Item[] =>
  Array.from({ length: count }, (_, at) => ({ businessId, name: String(at), weight }));

test("a small delivery waits for one slice of a larger one, which is stored whole and in order", async () => {
  const large = itemsOf(1_000, 1_000);
  const stored = await storedBeside(large);
  expect(stored.indexOf("small")).toBeLessThanOrEqual(128);
  expect(stored.filter((name) => name !== "small")).toEqual(large.map(({ name }) => name));
});

test("a slice of heavy messages is a short one", async () => {
  const stored = await storedBeside(itemsOf(200, 50_000));
  expect(stored).toHaveLength(201);
  expect(stored.indexOf("small")).toBeLessThanOrEqual(5);
});
