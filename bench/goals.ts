// Owns: what the figures are held against (issues 2 and 4, DESIGN): each goal, what was measured, and whether it is met.
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

function tenantGoals(tenants: Suite["tenants"]): readonly Goal[] {
  const crowds = tenants === undefined ? undefined : [tenants.alone, tenants.beside, tenants.big];
  const wrong = crowds?.reduce((sum, { unanswered, answeredTwice }) => sum + unanswered + answeredTwice, 0);
  const worst = tenants === undefined ? undefined : Math.max(tenants.p50Ratio, tenants.meanRatio);
  return [
    goalOf({ name: "100 conversations beside 900 of another business, against alone", unit: "×", atMost: 1.2, value: worst }),
    goalOf({ name: "of them without a reply, or with two", unit: "conversations", atMost: 0, value: wrong }),
  ];
}

export function goalsOf({ ingest, latency, idle, loop, replies, tenants }: Suite): readonly Goal[] {
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
    goalOf({ name: "reply by a model, beyond its own time, p50", unit: "ms", atMost: 30, value: replies?.p50 }),
    ...tenantGoals(tenants),
  ];
}
