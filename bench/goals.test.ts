import { expect, it } from "vitest";
import { doubtsOf } from "./believable.ts";
import type { Calibration } from "./calibration.ts";
import { readFlags } from "./flags.ts";
import { goalsOf } from "./goals.ts";
import type { LoopResult } from "./measure-loop.ts";
import type { Use } from "./meter.ts";
import type { Suite, Turns } from "./run-suite.ts";
import type { IngestResult } from "./with-intake.ts";

const useOf = (server: number, postgres: number): Use => ({
  cpu: {},
  perUnit: { cpuUs: { server, postgres }, walBytes: 0, statements: 0 },
  foreign: { others: 0, stolen: 0 },
});
const latencies = { p50: 1, p95: 1, p99: 1, max: 1 };
const ingestOf = (messagesPerSecond: number, use: Use): IngestResult => ({
  messagesPerSecond,
  messages: messagesPerSecond,
  refused: 0,
  ...latencies,
  ...use,
});
const loop: LoopResult = {
  conversations: 100,
  withStatuses: true,
  conversationsPerSecond: 500,
  seconds: 1,
  deliverySeconds: 1,
  unanswered: 0,
  answeredTwice: 0,
  ...useOf(500, 500),
};
const ingest = {
  discard: ingestOf(10_000, useOf(50, 0)),
  "select-then-insert": ingestOf(1_000, useOf(500, 500)),
  onethread: ingestOf(5_000, useOf(150, 100)),
};
const turnsOf = (loops: readonly LoopResult[]): Turns => ({
  count: 1,
  ingest: Object.fromEntries(Object.entries(ingest).map(([variant, result]) => [variant, [result]])),
  loop: loops,
  send: [],
});
const steady: Calibration = { after: "the start", oneCoreMs: 100, allCoresMs: 100 };
const suite: Suite = {
  date: "2026-01-01",
  machine: { cores: 2, memoryGb: 4, processor: "one", node: "v24.0.0" },
  connections: 256,
  seconds: 1,
  rounds: 1,
  calibrations: [steady, { ...steady, oneCoreMs: 109 }],
  turnSeconds: 1,
  turns: turnsOf([loop]),
  ingest,
  idle: [],
  loop,
};

const goalNamed = (of: Suite, name: string): object | undefined => goalsOf(of).find((goal) => goal.name.startsWith(name));

it("the ratios are those of one run: rates against rates, and CPU in messages that are thrown away", () => {
  expect(goalNamed(suite, "d / a")).toMatchObject({ value: 0.5, verdict: "met" });
  expect(goalNamed(suite, "CPU of a message of d")).toMatchObject({ value: 5, verdict: "MISSED" });
  expect(goalNamed(suite, "CPU of a whole conversation")).toMatchObject({ value: 20, verdict: "met" });
  expect(goalNamed(suite, "loop / b")).toMatchObject({ value: 0.5, verdict: "MISSED" });
});

it("a loop without statuses, or with counted statements, is held against no ratio", () => {
  for (const part of [{ withStatuses: false }, { statements: [] }]) {
    const other = { ...suite, turns: turnsOf([{ ...loop, ...part }]) };
    expect(goalNamed(other, "loop / b")).not.toHaveProperty("value");
    expect(goalNamed(other, "CPU of a whole conversation")).not.toHaveProperty("value");
  }
});

it("a goal whose part was not run has no verdict", () => {
  expect(goalNamed(suite, "p99 at full load")).not.toHaveProperty("verdict");
});

it("a machine that grows slower changes no ratio of what was measured in turn", () => {
  const slower = (share: number): Turns["ingest"] => ({
    discard: [ingestOf(10_000 * share, useOf(50 / share, 0))],
    onethread: [ingestOf(5_000 * share, useOf(150 / share, 100 / share))],
  });
  const turns = [1, 0.9, 0.5, 0.4].map(slower);
  const of = (variant: "discard" | "onethread"): readonly IngestResult[] => turns.flatMap((turn) => turn[variant] ?? []);
  const drifting = { ...suite, turns: { ...suite.turns, ingest: { discard: of("discard"), onethread: of("onethread") } } };
  expect(goalNamed(drifting, "d / a")).toMatchObject({ value: 0.5, verdict: "met" });
  expect(goalNamed(drifting, "CPU of a message of d")).toMatchObject({ value: 5, verdict: "MISSED" });
});

it("when the turns of a quarter say another thing than the median, nothing is decided", () => {
  const turns = [5_000, 5_000, 5_000, 4_000, 4_000].map((rate) => ingestOf(rate, useOf(150, 100)));
  const discard = turns.map(() => ingestOf(10_000, useOf(50, 0)));
  const unsteady = { ...suite, turns: { ...suite.turns, ingest: { discard, onethread: turns } } };
  expect(goalNamed(unsteady, "d / a")).toMatchObject({ value: 0.5, verdict: "undecided", measured: "0.50 × (0.40 to 0.50)" });
});

it("what replies cost beside a campaign is the median of the turns' ratios", () => {
  const turns = [20, 20, 20, 40].map((p50) => ({
    alone: { ...latencies, p50 },
    besideOrdinary: { ...latencies, p50: p50 * 1.25 },
    besideFastest: latencies,
  }));
  const ends = { alone: latencies, besideOrdinary: latencies, besideFastest: latencies };
  const counts = { rows: 100, replies: 48, ordinaryPerSecond: 80, fastestPerSecond: 300, acceptedTwice: 0, notAccepted: 0 };
  const campaign = { ...counts, ...ends, turns, ...useOf(500, 500) };
  expect(goalNamed({ ...suite, campaign }, "reply beside a campaign")).toMatchObject({ value: 1.25, verdict: "met" });
});

it.each([
  ["a tenth more time for the same work on one core", { calibrations: [steady, { ...steady, oneCoreMs: 111 }] }],
  ["the same on all cores", { calibrations: [steady, { ...steady, allCoresMs: 89 }] }],
])("%s: only ratios of what was measured in turn are believable", (_case, change) => {
  const mixed = {
    connections: 64,
    full: ingest.onethread,
    bursts: 1,
    alone: latencies,
    beside: latencies,
    largest: latencies,
    batch: latencies,
  };
  const doubtful = { ...suite, mixed, ...change };
  expect(doubtsOf(suite)).toEqual([]);
  expect(doubtsOf(doubtful)).toMatchObject([{ sparesTurns: true }]);
  expect(goalNamed(doubtful, "d / a")).toMatchObject({ verdict: "met" });
  expect(goalNamed(doubtful, "p99 at full load")).toMatchObject({ verdict: "not believable" });
});

it.each([
  ["cores used by other processes", { others: 0.21, stolen: 0 }],
  ["cores taken by the machine below", { others: 0, stolen: 0.21 }],
])("%s: nothing is believable", (_case, foreign) => {
  const doubtful = { ...suite, turns: turnsOf([{ ...loop, foreign }]) };
  expect(doubtsOf(doubtful)).toMatchObject([{ sparesTurns: false }]);
  expect(new Set(goalsOf(doubtful).map(({ verdict }) => verdict))).toEqual(new Set([undefined, "not believable"]));
});

it("all parts are run by default, with statuses, on a machine that must be quiet", () => {
  expect(readFlags([])).toMatchObject({ withStatuses: true, allowsBusyMachine: false });
  expect(readFlags(["--only", "loop", "--no-statuses", "--busy-machine"])).toMatchObject({ withStatuses: false, allowsBusyMachine: true });
  expect(() => readFlags(["--only", "everything"])).toThrow("--only takes");
});
