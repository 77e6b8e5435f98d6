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

function usesOf({ ingest, latency, newcomers, mixed, loop, send, replies, tenants, scale }: Suite): readonly Use[] {
  const { known, newcomers: fresh, first } = newcomers ?? {};
  return [
    ...Object.values(ingest),
    latency,
    known,
    fresh,
    first,
    mixed?.full,
    loop,
    send,
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

/** Why the figures of this run cannot be believed, each a sentence; none when they can. */
export function doubtsOf(suite: Suite): readonly string[] {
  const { driftOneCore, driftAllCores, others, stolen } = steadinessOf(suite);
  const { cores } = suite.machine;
  const drift = Math.max(driftOneCore, driftAllCores);
  return [
    ...(drift > MOST_DRIFT ? [`The same fixed work took up to ${percent(drift)} longer at one time than at another.`] : []),
    ...(others > MOST_FOREIGN_SHARE * cores
      ? [`Other processes used up to ${others.toFixed(2)} of ${cores} cores during a measurement.`]
      : []),
    ...(stolen > MOST_FOREIGN_SHARE * cores
      ? [`The machine below this one kept up to ${stolen.toFixed(2)} of ${cores} cores for others during a measurement.`]
      : []),
  ];
}
