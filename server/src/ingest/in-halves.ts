// Owns: finding the one item that the database refuses. A batch that fails on its data is halved until the poison stands alone.
import { classifyDatabaseError } from "../db/classify-error.ts";

/** Faults that are about no item (the database is gone) are thrown; `alone` gets the item that the database refuses for its data. */
export async function inHalves<Item>(
  items: readonly Item[],
  attempt: (items: readonly Item[]) => Promise<void>,
  alone: (item: Item, refusal: unknown) => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  try {
    await attempt(items);
  } catch (error) {
    if (classifyDatabaseError(error) !== "data") throw error;
    const [first] = items;
    if (items.length === 1 && first !== undefined) {
      await alone(first, error);
      return;
    }
    const middle = items.length >> 1;
    await inHalves(items.slice(0, middle), attempt, alone);
    await inHalves(items.slice(middle), attempt, alone);
  }
}
