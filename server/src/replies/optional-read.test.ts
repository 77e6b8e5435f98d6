import { expect, test, vi } from "vitest";
import type { BusinessId } from "../kernel/ids.ts";
import { createOptionalRead } from "./optional-read.ts";

const [a, b] = ["a" as BusinessId, "b" as BusinessId];

test("what hangs is replaced, reported once, and not asked again for a while by that business; the others ask on", async () => {
  const failures: string[] = [];
  const optionalRead = createOptionalRead({ withinMs: 5, onFailure: (business, error) => failures.push(`${business}: ${error}`) });
  const hang = vi.fn(() => new Promise<string>(() => undefined));
  const ask = (businessId: BusinessId, read: () => Promise<string>): Promise<string> => optionalRead(businessId, read, "nothing");
  expect(await ask(a, hang)).toBe("nothing");
  expect(await ask(a, hang)).toBe("nothing");
  expect(hang).toHaveBeenCalledTimes(1);
  expect(await ask(b, () => Promise.resolve("something"))).toBe("something");
  expect(failures).toHaveLength(1);
});

test("after its rest it is asked again, and at once when it did not hang but fail", async () => {
  const optionalRead = createOptionalRead({ withinMs: 5, onFailure: () => undefined, restMs: 1 });
  expect(await optionalRead(b, () => Promise.reject(new Error("down")), 0)).toBe(0);
  expect(await optionalRead(b, () => Promise.resolve(1), 0)).toBe(1);
  expect(await optionalRead(a, () => new Promise<number>(() => undefined), 0)).toBe(0);
  await vi.waitFor(async () => expect(await optionalRead(a, () => Promise.resolve(1), 0)).toBe(1));
});
