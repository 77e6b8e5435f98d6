// Owns: percentiles of measured times, in milliseconds.

export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export function latenciesOf(samplesMs: Iterable<number>): Latencies {
  const sorted = Float64Array.from(samplesMs).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
