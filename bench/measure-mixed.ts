// Owns: whether a small webhook waits for a large one: many small ones at once, alone, and beside the largest body and the largest batch that come.
import type { JsonObject } from "../server/src/kernel/json.ts";
import type { Latencies } from "./latencies.ts";
import { objectOf } from "./wire.ts";
import { latenciesIn, withIntake, type IngestResult } from "./with-intake.ts";

export interface MixedResult {
  /** Of the small ones. */
  readonly connections: number;
  /** Small ones only, as fast as it goes. */
  readonly full: IngestResult;
  readonly bursts: number;
  /** Of the small ones in a burst. */
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** Of the large ones beside them. */
  readonly largest: Latencies;
  readonly batch: Latencies;
}

const SMALL = 64;
const LARGE = 2;
const MOST_PER_SECOND = 15_000;
const BURSTS_PER_SECOND = 5;

export async function measureMixed(plan: { readonly seconds: number; readonly nodeOptions: readonly string[] }): Promise<MixedResult> {
  const { seconds, nodeOptions } = plan;
  const full = await withIntake({ variant: "onethread", connections: SMALL, nodeOptions }, async (intake) => {
    await intake.prepare("mixed", MOST_PER_SECOND * seconds);
    await intake.warmUp();
    return intake.flood(seconds);
  });
  const bursts = BURSTS_PER_SECOND * seconds;
  const report = await withIntake({ variant: "onethread", connections: SMALL + LARGE, nodeOptions }, async (intake) => {
    await intake.warmUp();
    return intake.order({ do: "burst", small: SMALL, times: bursts });
  });
  const of = (name: keyof JsonObject): Latencies => latenciesIn(objectOf(report[name]));
  return { connections: SMALL, full, bursts, alone: of("alone"), beside: of("beside"), largest: of("largest"), batch: of("batch") };
}
