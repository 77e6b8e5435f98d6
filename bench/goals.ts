// Owns: what the figures are held against (issue 2, DESIGN): each goal, what was measured, and whether it is met.
import type { Suite } from "./run-suite.ts";
import type { Variant } from "./variants.ts";

export interface Goal {
  readonly name: string;
  readonly goal: string;
  /** Absent when the parts that it needs were not run. */
  readonly measured?: string;
  readonly met?: boolean;
}

interface Bound {
  readonly name: string;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly value: number | undefined;
}

const shown = (value: number, unit: string): string =>
  unit === "×" ? `${value.toFixed(2)} ×` : `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;

function goalOf({ name, unit, atLeast, atMost, value }: Bound): Goal {
  const goal = atLeast === undefined ? `≤ ${atMost ?? 0} ${unit}` : `≥ ${atLeast} ${unit}`;
  if (value === undefined) return { name, goal };
  return { name, goal, measured: shown(value, unit), met: atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast };
}

export function goalsOf({ ingest, latency, idle, loop }: Suite): readonly Goal[] {
  const ratio = (to: Variant): number | undefined => {
    const [ours, theirs] = [ingest.onethread, ingest[to]];
    return ours === undefined || theirs === undefined ? undefined : ours.messagesPerSecond / theirs.messagesPerSecond;
  };
  const worstIdle = idle.length === 0 ? undefined : Math.max(...idle.map(({ p50 }) => p50));
  return [
    goalOf({ name: "d / b: against select-then-insert", unit: "×", atLeast: 3, value: ratio("select-then-insert") }),
    goalOf({ name: "d / c: against one upsert per message", unit: "×", atLeast: 1.5, value: ratio("upsert") }),
    goalOf({ name: "d / a: against verify-and-discard", unit: "×", atLeast: 0.35, value: ratio("discard") }),
    goalOf({ name: "p99 at 70 % of d's peak", unit: "ms", atMost: 100, value: latency?.p99 }),
    goalOf({ name: "idle round trip beyond the debounce, p50", unit: "ms", atMost: 50, value: worstIdle }),
    goalOf({ name: "whole loop", unit: "conversations/s", atLeast: 500, value: loop?.conversationsPerSecond }),
  ];
}
