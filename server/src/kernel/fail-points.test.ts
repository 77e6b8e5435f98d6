import { expect, test } from "vitest";
import { noFailPoints, parseFailPoints } from "./fail-points.ts";

test("an armed point throws, exits or hangs; every other one lets pass", async () => {
  let exits = 0;
  const points = parseFailPoints("turn.before-commit=throw,ingest.after-commit=exit,session.track=hang:5", () => (exits += 1));
  await expect(points.hit("turn.before-commit")).rejects.toThrow("fail point turn.before-commit");
  void points.hit("ingest.after-commit");
  expect(exits).toBe(1);
  const third = parseFailPoints("turn.after-commit=exit:3", () => (exits += 1));
  for (const soFar of [1, 1, 2]) {
    void third.hit("turn.after-commit");
    expect(exits).toBe(soFar);
  }
  expect(points.hit("session.track")).toBeInstanceOf(Promise);
  await points.hit("session.track");
  expect(points.hit("send.before-request")).toBeUndefined();
  expect(noFailPoints.hit("turn.before-commit")).toBeUndefined();
});
