import { expect, test } from "vitest";
import { createFairPlaces, type Leave } from "./fair-places.ts";

const at = (place: Leave | Promise<Leave | undefined> | undefined): Leave => {
  if (typeof place !== "function") throw new Error("had to wait");
  return place;
};

test("a business takes no more than its share, and whoever waits is served in turn by business", async () => {
  const places = createFairPlaces({ places: 3, perBusiness: 2 });
  const order: string[] = [];
  const [one, two] = [at(places.take("a")), at(places.take("a"))];
  const waiting = ["a", "a", "b"].map(async (name) => {
    const leave = await places.take(name);
    order.push(name);
    leave?.();
  });
  await waiting[2];
  expect(order).toEqual(["b"]);
  one();
  two();
  await Promise.all(waiting);
  expect(order).toEqual(["b", "a", "a"]);
});

test("nobody waits longer than they may, nor together with too many; leaving twice frees one place", async () => {
  const places = createFairPlaces({ places: 1, perBusiness: 1, maxWaiting: 1, waitMs: 1 });
  const leave = at(places.take("a"));
  const waits = places.take("b");
  expect(places.take("c")).toBeUndefined();
  expect(await waits).toBeUndefined();
  leave();
  leave();
  at(places.take("b"));
  expect(await places.take("c")).toBeUndefined();
});
