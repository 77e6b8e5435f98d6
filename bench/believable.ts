// Owns: whether a run can be believed: how steady the machine was, and how much of it somebody else used.
import type { Calibration } from "./calibration.ts";
import type { Use } from "./meter.ts";
import type { Suite } from "./run-suite.ts";

const MOST_DRIFT = 0.1;
/** Of all cores. */
const MOST_FOREIGN_SHARE = 0.1;

export interface Steadiness {
  /** How much longer the slowest calibration took than the fastest; 0.1 is 10 %. */
  readonly driftOneCore: number;
  readonly driftAllCores: number;
  /** In cores, at most in one measurement. */
  readonly others: number;
  readonly stolen: number;
}

const driftOf = (times: readonly number[]): number => Math.max(...times) / Math.min(...times) - 1;

function usesOf({ turns, latency, newcomers, mixed, campaign, replies, tenants, scale }: Suite): readonly Use[] {
  const { known, newcomers: fresh, first } = newcomers ?? {};
  return [
    ...Object.values(turns.ingest).flat(),
    ...turns.loop,
    ...turns.send,
    latency,
    known,
    fresh,
    first,
    mixed?.full,
    campaign,
    replies,
    tenants,
    scale?.small.ingest,
    scale?.large.ingest,
  ].filter((use) => use !== undefined);
}

export function steadinessOf(suite: Suite): Steadiness {
  const { calibrations } = suite;
  const foreign = usesOf(suite).map((use) => use.foreign ?? { others: 0, stolen: 0 });
  const most = (values: readonly number[]): number => Math.max(0, ...values);
  return {
    driftOneCore: driftOf(calibrations.map(({ oneCoreMs }: Calibration) => oneCoreMs)),
    driftAllCores: driftOf(calibrations.map(({ allCoresMs }: Calibration) => allCoresMs)),
    others: most(foreign.map(({ others }) => others)),
    stolen: most(foreign.map(({ stolen }) => stolen)),
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

export interface Doubt {
  readonly sentence: string;
  /** Whether the ratios of what was measured in turn stand all the same: a machine that drifts is as slow for one as for the other. */
  readonly sparesTurns: boolean;
}

/** Why the figures of this run cannot be believed; none when they can. */
export function doubtsOf(suite: Suite): readonly Doubt[] {
  const { driftOneCore, driftAllCores, others, stolen } = steadinessOf(suite);
  const { cores } = suite.machine;
  const drift = Math.max(driftOneCore, driftAllCores);
  const most = MOST_FOREIGN_SHARE * cores;
  const doubts: Doubt[] = [];
  if (drift > MOST_DRIFT) {
    const sentence = `The same fixed work took up to ${percent(drift)} longer at one time than at another: only ratios of what was measured in turn stand.`;
    doubts.push({ sentence, sparesTurns: true });
  }
  if (others > most) {
    const sentence = `Other processes used up to ${others.toFixed(2)} of ${cores} cores during a measurement.`;
    doubts.push({ sentence, sparesTurns: false });
  }
  if (stolen > most) {
    const sentence = `The machine below this one kept up to ${stolen.toFixed(2)} of ${cores} cores for others during a measurement.`;
    doubts.push({ sentence, sparesTurns: false });
  }
  return doubts;
}
