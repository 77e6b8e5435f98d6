// Owns: what the figures are held against: each goal, what was measured, and whether it is met.
import { doubtsOf } from "./believable.ts";
import type { LoopResult } from "./measure-loop.ts";
import { cpuUsOf, type Use } from "./meter.ts";
import type { Suite } from "./run-suite.ts";
import { spreadOf } from "./take-turns.ts";
import type { Variant } from "./variants.ts";
import type { IngestResult } from "./with-intake.ts";

export interface Goal {
  readonly name: string;
  readonly goal: string;
  /** Absent when the parts that it needs were not run. */
  readonly measured?: string;
  /** The same as a number. */
  readonly value?: number;
  readonly verdict?: "met" | "MISSED" | "undecided" | "not believable";
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
const isWhole = (loop: LoopResult): boolean => loop.withStatuses && loop.statements === undefined;

/** Of each turn in which both were measured, one by the other. */
function ratiosOf<One, Other>(
  ones: readonly One[],
  others: readonly Other[],
  of: (one: One, other: Other) => number | undefined,
): readonly number[] {
  return ones.flatMap((one, turn) => {
    const other = others[turn];
    return (other === undefined ? undefined : of(one, other)) ?? [];
  });
}

/** The median is held against the goal; when the turns of a quarter say another thing, it is not known. */
function turnGoal({ name, values, ...bound }: Omit<Bound, "unit" | "value"> & { readonly values: readonly number[] }): Goal {
  const spread = spreadOf(values);
  const goal = goalOf({ ...bound, name, unit: "×", value: spread?.median });
  if (spread === undefined) return goal;
  const verdicts = new Set(spread.quartiles.map((value) => goalOf({ ...bound, name, unit: "×", value }).verdict));
  const [low, high] = spread.quartiles;
  const measured = `${goal.measured ?? ""} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return { ...goal, measured, ...(verdicts.size > 1 && { verdict: "undecided" }) };
}

const rateOf = ({ messagesPerSecond }: IngestResult): number => messagesPerSecond;

function throughputGoals({ turns, loop: anyLoop }: Suite): readonly Goal[] {
  const of = (variant: Variant): readonly IngestResult[] => turns.ingest[variant] ?? [];
  const loop = turns.loop.filter(isWhole);
  const against = (variant: Variant): readonly number[] =>
    ratiosOf(of("onethread"), of(variant), (one, other) => rateOf(one) / rateOf(other));
  const cpuAgainst = (uses: readonly Use[]): readonly number[] =>
    ratiosOf(uses, of("discard"), (one, other) => ratio(cpuUsOf(one), cpuUsOf(other)));
  const loopAgainst = ratiosOf(loop, of("select-then-insert"), (one, other) => one.conversationsPerSecond / rateOf(other));
  return [
    turnGoal({ name: "d / a: messages/s against verify-and-discard", atLeast: 0.45, values: against("discard") }),
    turnGoal({ name: "d / b: messages/s against select-then-insert", atLeast: 3, values: against("select-then-insert") }),
    turnGoal({ name: "d / c: messages/s against one upsert per message", atLeast: 1.5, values: against("upsert") }),
    turnGoal({ name: "CPU of a message of d / of a", atMost: 4, values: cpuAgainst(of("onethread")) }),
    turnGoal({ name: "CPU of a whole conversation / of a message of a", atMost: 30, values: cpuAgainst(loop) }),
    turnGoal({ name: "loop / b: conversations/s against messages/s", atLeast: 1, values: loopAgainst }),
    goalOf({
      name: "conversations of the loop without a reply, or with two",
      unit: "conversations",
      atMost: 0,
      value: anyLoop && turns.loop.reduce((sum, { unanswered, answeredTwice }) => sum + unanswered + answeredTwice, 0),
    }),
  ];
}

function sendGoals({ turns, send }: Suite): readonly Goal[] {
  return [
    turnGoal({
      name: "send / d: messages/s accepted by the platform against messages/s ingested",
      atLeast: 0.5,
      values: ratiosOf(turns.send, turns.ingest.onethread ?? [], (one, other) => one.acceptedPerSecond / rateOf(other)),
    }),
    goalOf({
      name: "messages of the outbox that were not sent, or twice",
      unit: "messages",
      atMost: 0,
      value: send && turns.send.reduce((sum, { missing, sentTwice }) => sum + missing + sentTwice, 0),
    }),
  ];
}

function campaignGoals(campaign: Suite["campaign"]): readonly Goal[] {
  return [
    turnGoal({
      name: "reply beside a campaign at an ordinary number's rate / alone, p50",
      atMost: 1.5,
      values: campaign?.turns.map(({ alone, besideOrdinary }) => besideOrdinary.p50 / alone.p50) ?? [],
    }),
    goalOf({
      name: "messages of the campaign that were not accepted, or twice",
      unit: "messages",
      atMost: 0,
      value: campaign === undefined ? undefined : campaign.notAccepted + campaign.acceptedTwice,
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
  const { idle, tenants, scale } = suite;
  // PostgreSQL's own counting takes time.
  const replies = suite.replies?.statements === undefined ? suite.replies : undefined;
  const worstIdle = idle.length === 0 ? undefined : Math.max(...idle.map(({ p50 }) => p50));
  const inTurn = [...throughputGoals(suite), ...sendGoals(suite), ...campaignGoals(suite.campaign)];
  const goals = [
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
  const doubts = doubtsOf(suite);
  const doubt = (goal: Goal): Goal => (goal.verdict === undefined ? goal : { ...goal, verdict: "not believable" });
  return [
    ...(doubts.every(({ sparesTurns }) => sparesTurns) ? inTurn : inTurn.map(doubt)),
    ...(doubts.length === 0 ? goals : goals.map(doubt)),
  ];
}
