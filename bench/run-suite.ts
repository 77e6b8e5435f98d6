// Owns: the order of the measurements. One after the other, so that each has the machine to itself.
import { cpus, totalmem } from "node:os";
import { calibrate, type Calibration } from "./calibration.ts";
import type { Flags, Part } from "./flags.ts";
import { measureCampaign, type CampaignResult } from "./measure-campaign.ts";
import { measureIdle, withLoopTurns, type IdleResult, type LoopResult } from "./measure-loop.ts";
import { measureIngest, withIngestTurns } from "./measure-ingest.ts";
import { measureMixed, type MixedResult } from "./measure-mixed.ts";
import { measureNew, type NewResult } from "./measure-new.ts";
import { measureReplies, type RepliesResult } from "./measure-replies.ts";
import { measureScale, type ScaleResult } from "./measure-scale.ts";
import { withSendTurns, type SendResult } from "./measure-send.ts";
import { measureTenants, type TenantsResult } from "./measure-tenants.ts";
import { middleOf, takeTurns, type Contest } from "./take-turns.ts";
import { LETTERS, MEANINGS, VARIANTS, type Variant } from "./variants.ts";
import type { IngestResult } from "./with-intake.ts";

export interface Suite {
  readonly date: string;
  readonly machine: { readonly cores: number; readonly memoryGb: number; readonly processor: string; readonly node: string };
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly turnSeconds: number;
  /** Before the first part, and after each. */
  readonly calibrations: readonly Calibration[];
  readonly turns: Turns;
  /** Of each the turn in the middle, by its rate. */
  readonly ingest: Readonly<Partial<Record<Variant, IngestResult>>>;
  readonly latency?: IngestResult & { readonly share: number };
  readonly newcomers?: NewResult;
  readonly mixed?: MixedResult;
  readonly idle: readonly IdleResult[];
  readonly loop?: LoopResult;
  readonly send?: SendResult;
  readonly campaign?: CampaignResult;
  readonly replies?: RepliesResult;
  readonly tenants?: TenantsResult;
  readonly scale?: ScaleResult;
}

const PACE_SHARE = 0.7;
const IDLE_MESSAGES = 200;
/** At once, and after a debounce: the first has no timer in it. */
const IDLE_DEBOUNCES_MS = [0, 200];
/** Of the loop and of the replies by a model. */
const NO_DEBOUNCE_MS = 0;

type Say = (line: string) => void;

const profiling = (flags: Flags): readonly string[] =>
  flags.profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags.profileDir}`];

/** What was measured in turn, a list for each. */
export interface Turns {
  readonly count: number;
  readonly ingest: Readonly<Partial<Record<Variant, readonly IngestResult[]>>>;
  readonly loop: readonly LoopResult[];
  readonly send: readonly SendResult[];
}

const SEND_MESSAGES = 5_000;
const CAMPAIGN_MESSAGES = 20_000;

async function runTurns(flags: Flags, say: Say): Promise<Turns> {
  const { parts, turnSeconds, connections, customers, countsStatements, withStatuses, messages = SEND_MESSAGES } = flags;
  const ingest: Partial<Record<Variant, IngestResult[]>> = {};
  const loop: LoopResult[] = [];
  const send: SendResult[] = [];
  const contests: Contest[] = VARIANTS.filter((name) => parts.has(LETTERS[name])).map((variant) => {
    const results: IngestResult[] = [];
    ingest[variant] = results;
    const nodeOptions = variant === "onethread" ? profiling(flags) : [];
    return (use) =>
      withIngestTurns({ variant, seconds: turnSeconds, connections, nodeOptions }, (measure) =>
        use(async () => {
          const result = await measure();
          results.push(result);
          say(`(${LETTERS[variant]}) ${MEANINGS[variant]}: ${Math.round(result.messagesPerSecond)} messages/s`);
        }),
      );
  });
  const product = { quietMs: NO_DEBOUNCE_MS, nodeOptions: profiling(flags) };
  if (parts.has("loop")) {
    contests.push((use) =>
      withLoopTurns({ ...product, customers, connections, countsStatements, withStatuses }, (measure) =>
        use(async () => {
          const result = await measure();
          loop.push(result);
          const what = withStatuses ? "whole loop" : "loop without statuses";
          say(`${what}: ${Math.round(result.conversationsPerSecond)} conversations/s`);
        }),
      ),
    );
  }
  if (parts.has("send")) {
    contests.push((use) =>
      withSendTurns({ ...product, messages }, (measure) =>
        use(async () => {
          const result = await measure();
          send.push(result);
          say(`send lanes: ${Math.round(result.acceptedPerSecond)} messages/s accepted`);
        }),
      ),
    );
  }
  await takeTurns(contests, flags.turns);
  return { count: flags.turns, ingest, loop, send };
}

async function runLatency(peak: IngestResult, flags: Flags, say: Say): Promise<Suite["latency"]> {
  const perSecond = Math.round(peak.messagesPerSecond * PACE_SHARE);
  const { seconds, connections } = flags;
  let best: IngestResult | undefined;
  for (let round = 1; round <= flags.rounds; round += 1) {
    const result = await measureIngest({ variant: "onethread", seconds, connections, perSecond, nodeOptions: [] });
    say(`round ${round}: (d) at ${PACE_SHARE * 100} % of its peak (${perSecond} messages/s): p99 ${result.p99.toFixed(1)} ms`);
    if (best === undefined || result.p99 < best.p99) best = result;
  }
  return best === undefined ? undefined : { ...best, share: PACE_SHARE };
}

async function runNew(flags: Flags, say: Say): Promise<NewResult> {
  const { seconds, rounds } = flags;
  const result = await measureNew({ seconds, rounds, nodeOptions: profiling(flags) });
  const rates = [result.known, result.newcomers, result.first].map(({ messagesPerSecond }) => Math.round(messagesPerSecond));
  say(`${result.connections} connections: known customers, new ones, the first seconds of a database: ${rates.join(", ")} messages/s`);
  return result;
}

async function runMixed(flags: Flags, say: Say): Promise<MixedResult> {
  const result = await measureMixed({ seconds: flags.seconds, nodeOptions: profiling(flags) });
  const [full, alone, beside] = [result.full, result.alone, result.beside].map(({ p99 }) => p99.toFixed(1));
  say(`${result.connections} small webhooks, p99: at full load ${full} ms, in a burst alone ${alone} ms, beside large ones ${beside} ms`);
  return result;
}

async function runIdle(say: Say): Promise<readonly IdleResult[]> {
  const results: IdleResult[] = [];
  for (const quietMs of IDLE_DEBOUNCES_MS) {
    const result = await measureIdle({ quietMs, messages: IDLE_MESSAGES, nodeOptions: [] });
    say(`idle round trip, ${quietMs} ms debounce: p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms beyond it`);
    results.push(result);
  }
  return results;
}

async function runCampaign(flags: Flags, say: Say): Promise<CampaignResult> {
  const { messages = CAMPAIGN_MESSAGES } = flags;
  const result = await measureCampaign({ quietMs: NO_DEBOUNCE_MS, messages, turns: flags.turns, nodeOptions: profiling(flags) });
  const { alone, besideOrdinary, besideFastest } = result;
  const [first, second, third] = [alone, besideOrdinary, besideFastest].map(
    ({ p50, p99 }) => `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`,
  );
  const fastest = Math.round(result.fastestPerSecond);
  say(
    `replies alone: ${first}; beside a campaign at ${result.ordinaryPerSecond}/s: ${second}; as fast as it goes (${fastest}/s): ${third}`,
  );
  return result;
}

/** The best of the rounds: the one with the lowest median. */
async function runReplies(flags: Flags, say: Say): Promise<RepliesResult | undefined> {
  const { rounds, conversations, modelMs, seconds, countsStatements } = flags;
  let best: RepliesResult | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const plan = { quietMs: NO_DEBOUNCE_MS, conversations, modelMs, seconds, countsStatements, nodeOptions: profiling(flags) };
    const result = await measureReplies(plan);
    const { p50, p99, repliesPerSecond } = result;
    say(
      `round ${round}: replies by a model: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms beyond its time, ${Math.round(repliesPerSecond)}/s`,
    );
    if (best === undefined || p50 < best.p50) best = result;
  }
  return best;
}

async function runTenants(flags: Flags, say: Say): Promise<TenantsResult> {
  const tenants = await measureTenants({ quietMs: NO_DEBOUNCE_MS, nodeOptions: profiling(flags) });
  const { p50Ratio, meanRatio, seconds } = tenants;
  say(
    `tenants: beside the big one ${p50Ratio.toFixed(2)} × (p50), ${meanRatio.toFixed(2)} × (mean); all of them in ${seconds.toFixed(1)} s`,
  );
  return tenants;
}

function runScale(flags: Flags, say: Say): Promise<ScaleResult> {
  const { scaleConversations: conversations, scaleDir: keptIn, seconds, rounds, connections } = flags;
  return measureScale({ conversations, keptIn, seconds, rounds, connections, nodeOptions: profiling(flags) }, say);
}

function middleTurns({ ingest, loop, send }: Turns): Pick<Suite, "ingest" | "loop" | "send"> {
  const typical: Partial<Record<Variant, IngestResult>> = {};
  for (const variant of VARIANTS) {
    const result = middleOf(ingest[variant] ?? [], ({ messagesPerSecond }) => messagesPerSecond);
    if (result !== undefined) typical[variant] = result;
  }
  const typicalLoop = middleOf(loop, ({ conversationsPerSecond }) => conversationsPerSecond);
  const typicalSend = middleOf(send, ({ acceptedPerSecond }) => acceptedPerSecond);
  return {
    ingest: typical,
    ...(typicalLoop !== undefined && { loop: typicalLoop }),
    ...(typicalSend !== undefined && { send: typicalSend }),
  };
}

const readMachine = (): Suite["machine"] => ({
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  processor: cpus()[0]?.model ?? "unknown",
  node: process.version,
});

/** `say` gets each result as soon as it is known. Between two parts, the machine itself is measured. */
export async function runSuite(flags: Flags, say: Say): Promise<Suite> {
  const calibrations: Calibration[] = [];
  const lookAtMachine = async (after: string): Promise<void> => {
    const calibration = await calibrate(after);
    say(`the machine after ${after}: ${calibration.oneCoreMs.toFixed(0)} ms on one core, ${calibration.allCoresMs.toFixed(0)} ms on all`);
    calibrations.push(calibration);
  };
  const run = async <T>(part: Part, measure: () => Promise<T>): Promise<T | undefined> => {
    if (!flags.parts.has(part)) return undefined;
    const result = await measure();
    await lookAtMachine(part);
    return result;
  };
  await lookAtMachine("the start");
  const turns = await runTurns(flags, say);
  const { ingest, loop, send } = middleTurns(turns);
  if (Object.keys(ingest).length > 0 || loop !== undefined || send !== undefined) await lookAtMachine("the turns");
  const peak = ingest.onethread;
  const latency = peak === undefined ? undefined : await run("latency", () => runLatency(peak, flags, say));
  const newcomers = await run("new", () => runNew(flags, say));
  const mixed = await run("mixed", () => runMixed(flags, say));
  const idle = (await run("idle", () => runIdle(say))) ?? [];
  const campaign = await run("campaign", () => runCampaign(flags, say));
  const replies = await run("replies", () => runReplies(flags, say));
  const tenants = await run("tenants", () => runTenants(flags, say));
  const scale = await run("scale", () => runScale(flags, say));
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: readMachine(),
    connections: flags.connections,
    seconds: flags.seconds,
    rounds: flags.rounds,
    turnSeconds: flags.turnSeconds,
    calibrations,
    turns,
    ingest,
    ...(latency !== undefined && { latency }),
    ...(newcomers !== undefined && { newcomers }),
    ...(mixed !== undefined && { mixed }),
    idle,
    ...(loop !== undefined && { loop }),
    ...(send !== undefined && { send }),
    ...(campaign !== undefined && { campaign }),
    ...(replies !== undefined && { replies }),
    ...(tenants !== undefined && { tenants }),
    ...(scale !== undefined && { scale }),
  };
}
