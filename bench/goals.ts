// Owns: what the figures are held against: each goal, what was measured, and whether it is met.
import { doubtsOf } from "./believable.ts";
import type { LoopResult } from "./measure-loop.ts";
import { cpuUsOf } from "./meter.ts";
import type { Suite } from "./run-suite.ts";
import type { Variant } from "./variants.ts";

export interface Goal {
  readonly name: string;
  readonly goal: string;
  /** Absent when the parts that it needs were not run. */
  readonly measured?: string;
  /** The same as a number. */
  readonly value?: number;
  readonly verdict?: "met" | "MISSED" | "not believable";
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
  const isMet = atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast;
  return { name, goal, measured: shown(value, unit), value, verdict: isMet ? "met" : "MISSED" };
}

const ratio = (part: number | undefined, whole: number | undefined): number | undefined =>
  part === undefined || whole === undefined ? undefined : part / whole;

/** Without statuses it is less than a whole conversation, and PostgreSQL's own counting takes time. */
const wholeLoop = (loop: LoopResult | undefined): LoopResult | undefined =>
  loop?.withStatuses === true && loop.statements === undefined ? loop : undefined;

function throughputGoals({ ingest, loop: anyLoop }: Suite): readonly Goal[] {
  const loop = wholeLoop(anyLoop);
  const against = (to: Variant): number | undefined => ratio(ingest.onethread?.messagesPerSecond, ingest[to]?.messagesPerSecond);
  const discarded = cpuUsOf(ingest.discard);
  const loopAgainst = ratio(loop?.conversationsPerSecond, ingest["select-then-insert"]?.messagesPerSecond);
  return [
    goalOf({ name: "d / a: messages/s against verify-and-discard", unit: "×", atLeast: 0.45, value: against("discard") }),
    goalOf({ name: "d / b: messages/s against select-then-insert", unit: "×", atLeast: 3, value: against("select-then-insert") }),
    goalOf({ name: "d / c: messages/s against one upsert per message", unit: "×", atLeast: 1.5, value: against("upsert") }),
    goalOf({ name: "CPU of a message of d / of a", unit: "×", atMost: 4, value: ratio(cpuUsOf(ingest.onethread), discarded) }),
    goalOf({ name: "CPU of a whole conversation / of a message of a", unit: "×", atMost: 30, value: ratio(cpuUsOf(loop), discarded) }),
    goalOf({ name: "loop / b: conversations/s against messages/s", unit: "×", atLeast: 1, value: loopAgainst }),
    goalOf({
      name: "conversations of the loop without a reply, or with two",
      unit: "conversations",
      atMost: 0,
      value: anyLoop === undefined ? undefined : anyLoop.unanswered + anyLoop.answeredTwice,
    }),
  ];
}

function sendGoals({ ingest, send }: Suite): readonly Goal[] {
  return [
    goalOf({
      name: "send / d: messages/s accepted by the platform against messages/s ingested",
      unit: "×",
      atLeast: 0.5,
      value: ratio(send?.acceptedPerSecond, ingest.onethread?.messagesPerSecond),
    }),
    goalOf({
      name: "messages of the outbox that were not sent, or twice",
      unit: "messages",
      atMost: 0,
      value: send === undefined ? undefined : send.missing + send.sentTwice,
    }),
  ];
}

function tenantGoals(tenants: Suite["tenants"]): readonly Goal[] {
  const crowds = tenants === undefined ? undefined : [tenants.alone, tenants.beside, tenants.big];
  const wrong = crowds?.reduce((sum, { unanswered, answeredTwice }) => sum + unanswered + answeredTwice, 0);
  const worst = tenants === undefined ? undefined : Math.max(tenants.p50Ratio, tenants.meanRatio);
  return [
    goalOf({ name: "100 conversations beside 900 of another business / alone", unit: "×", atMost: 1.1, value: worst }),
    goalOf({ name: "of them without a reply, or with two", unit: "conversations", atMost: 0, value: wrong }),
  ];
}

function intakeGoals({ latency, newcomers, mixed }: Suite): readonly Goal[] {
  const known = newcomers?.known.messagesPerSecond;
  return [
    goalOf({
      name: "messages/s of new customers only / of known ones",
      unit: "×",
      atLeast: 0.6,
      value: ratio(newcomers?.newcomers.messagesPerSecond, known),
    }),
    goalOf({
      name: "messages/s in a database's first seconds / of known customers",
      unit: "×",
      atLeast: 0.6,
      value: ratio(newcomers?.first.messagesPerSecond, known),
    }),
    goalOf({ name: "p99 at full load with 64 connections", unit: "ms", atMost: 100, value: mixed?.full.p99 }),
    goalOf({
      name: "p99 of 64 small webhooks beside large ones / alone",
      unit: "×",
      atMost: 2,
      value: ratio(mixed?.beside.p99, mixed?.alone.p99),
    }),
    goalOf({ name: "p99 at 70 % of d's peak", unit: "ms", atMost: 100, value: latency?.p99 }),
  ];
}

export function goalsOf(suite: Suite): readonly Goal[] {
  const { idle, replies, tenants, scale } = suite;
  const worstIdle = idle.length === 0 ? undefined : Math.max(...idle.map(({ p50 }) => p50));
  const goals = [
    ...throughputGoals(suite),
    ...sendGoals(suite),
    ...intakeGoals(suite),
    goalOf({ name: "idle round trip beyond the debounce, p50", unit: "ms", atMost: 50, value: worstIdle }),
    goalOf({ name: "reply by a model, beyond its own time, p50", unit: "ms", atMost: 30, value: replies?.p50 }),
    goalOf({ name: "reply by a model, beyond its own time, p99", unit: "ms", atMost: 100, value: replies?.p99 }),
    ...tenantGoals(tenants),
    goalOf({
      name: "ingest into a large business, against a small one",
      unit: "×",
      atLeast: 0.85,
      value: scale && scale.large.ingest.messagesPerSecond / scale.small.ingest.messagesPerSecond,
    }),
  ];
  if (doubtsOf(suite).length === 0) return goals;
  return goals.map((goal) => (goal.verdict === undefined ? goal : { ...goal, verdict: "not believable" }));
}
