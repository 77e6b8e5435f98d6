import { expect, test } from "vitest";
import { planScene, type SceneOptions } from "./scene-plan.ts";

const scene: SceneOptions = { customers: 20, messages: 3, shuffle: true, seed: 7, crowd: 500 };
const textsOf = (options: SceneOptions): readonly string[] => planScene(options).map(({ text }) => text);

test("every customer writes as often as asked, each under a number of their own", () => {
  const byPhone = Map.groupBy(planScene(scene), ({ customer }) => customer.phone);
  expect(byPhone.size).toBe(20);
  for (const messages of byPhone.values()) expect(messages).toHaveLength(3);
});

test("the same seed is the same scene, also for other customers; another seed is another one", () => {
  expect(textsOf({ ...scene, crowd: 9_999_995 })).toEqual(textsOf(scene));
  expect(textsOf({ ...scene, seed: 8 })).not.toEqual(textsOf(scene));
});
