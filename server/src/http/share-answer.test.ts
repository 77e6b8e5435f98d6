// Proves that strangers who ask often cost no more than a few answers in a second.
import { expect, test as it } from "vitest";
import { shareAnswer } from "./share-answer.ts";

it("whoever asks while an answer is on its way gets the same one", async () => {
  let asked = 0;
  const first = Promise.withResolvers<string>();
  const find = shareAnswer({ ask: () => ((asked += 1), first.promise), burst: 5, perSecond: 1 });
  const answers = [find(), find(), find()];
  first.resolve("x");
  expect([await Promise.all(answers), asked]).toEqual([["x", "x", "x"], 1]);
});

it("beyond the burst the last answer is given again, until time has brought more", async () => {
  let at = 0;
  let asked = 0;
  const find = shareAnswer({ ask: () => Promise.resolve((asked += 1)), burst: 3, perSecond: 2, now: () => at });
  const several = async (count: number): Promise<readonly number[]> => {
    const answers: number[] = [];
    for (let index = 0; index < count; index += 1) answers.push(await find());
    return answers;
  };
  expect(await several(5)).toEqual([1, 2, 3, 3, 3]);
  at = 1_000;
  expect(await several(4)).toEqual([4, 5, 5, 5]);
  at = 60_000;
  expect(await several(5)).toEqual([6, 7, 8, 8, 8]);
});

it("a question that failed is asked again", async () => {
  const answers = [Promise.reject(new Error("gone")), Promise.resolve("there")];
  const find = shareAnswer({ ask: () => answers.shift() ?? Promise.reject(new Error("too often")), burst: 1, perSecond: 0 });
  await expect(find()).rejects.toThrow("gone");
  expect(await find()).toBe("there");
});
