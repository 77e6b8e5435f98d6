// Owns: putting together what customers waited and what the model itself took, by the tag of each question.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { numbersOf, textsOf } from "./wire.ts";

export interface Exchange {
  /** From the customer's message until the platform had accepted the reply. */
  readonly waitedMs: number;
  /** What the model measured: from the arrival of the request until its last byte was sent. */
  readonly modelMs: number;
}

/** `done`: of customers.ts; `report`: of model-process.ts. Throws when an exchange did not ask the model exactly once: nothing could be subtracted then. */
export function exchangesOf(done: JsonObject, report: JsonObject): readonly Exchange[] {
  const [times, modelMs] = [numbersOf(report, "times"), numbersOf(report, "ms")];
  const ofModel = new Map(textsOf(report, "tags").map((tag, at) => [tag, { times: times[at], ms: modelMs[at] }]));
  const waitedMs = numbersOf(done, "ms");
  return textsOf(done, "tags").map((tag, at) => {
    const asked = ofModel.get(tag);
    if (asked?.ms === undefined || asked.times !== 1)
      throw new Error(`for one reply the model was asked ${asked?.times ?? 0} times instead of once (question ${tag})`);
    return { waitedMs: waitedMs[at] ?? Number.NaN, modelMs: asked.ms };
  });
}

export const beyondModel = (exchanges: readonly Exchange[]): readonly number[] =>
  exchanges.map(({ waitedMs, modelMs }) => waitedMs - modelMs);
