// Owns: the order of the measurements. One after the other, so that each has the machine to itself.
import { cpus, totalmem } from "node:os";
import type { Flags } from "./flags.ts";
import { measureIdle, measureLoop, type IdleResult, type LoopResult } from "./measure-loop.ts";
import { measureIngest, type IngestResult } from "./measure-ingest.ts";
import { measureReplies, type RepliesResult } from "./measure-replies.ts";
import { measureScale, type ScaleResult } from "./measure-scale.ts";
import { measureTenants, type TenantsResult } from "./measure-tenants.ts";
import { LETTERS, MEANINGS, VARIANTS, type Variant } from "./variants.ts";

export interface Suite {
  readonly date: string;
  readonly machine: { readonly cores: number; readonly memoryGb: number; readonly processor: string; readonly node: string };
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  /** The best round of each. */
  readonly ingest: Readonly<Partial<Record<Variant, IngestResult>>>;
  readonly latency?: IngestResult & { readonly share: number };
  readonly idle: readonly IdleResult[];
  readonly loop?: LoopResult;
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

async function runIngest(flags: Flags, say: Say): Promise<Suite["ingest"]> {
  const best: Partial<Record<Variant, IngestResult>> = {};
  for (let round = 1; round <= flags.rounds; round += 1) {
    for (const variant of VARIANTS.filter((name) => flags.parts.has(LETTERS[name]))) {
      const nodeOptions = variant === "onethread" ? profiling(flags) : [];
      const result = await measureIngest({ variant, seconds: flags.seconds, connections: flags.connections, perSecond: 0, nodeOptions });
      say(`round ${round}: (${LETTERS[variant]}) ${MEANINGS[variant]}: ${Math.round(result.messagesPerSecond)} messages/s`);
      if (result.messagesPerSecond > (best[variant]?.messagesPerSecond ?? 0)) best[variant] = result;
    }
  }
  return best;
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

async function runIdle(say: Say): Promise<readonly IdleResult[]> {
  const results: IdleResult[] = [];
  for (const quietMs of IDLE_DEBOUNCES_MS) {
    const result = await measureIdle({ quietMs, messages: IDLE_MESSAGES, nodeOptions: [] });
    say(`idle round trip, ${quietMs} ms debounce: p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms beyond it`);
    results.push(result);
  }
  return results;
}

async function runLoop(flags: Flags, say: Say): Promise<LoopResult | undefined> {
  const { rounds, customers, countsStatements, withStatuses } = flags;
  let best: LoopResult | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const result = await measureLoop({ quietMs: NO_DEBOUNCE_MS, customers, nodeOptions: profiling(flags), countsStatements, withStatuses });
    say(
      `round ${round}: whole loop${withStatuses ? "" : " without statuses"}: ${Math.round(result.conversationsPerSecond)} conversations/s`,
    );
    if (result.conversationsPerSecond > (best?.conversationsPerSecond ?? 0)) best = result;
  }
  return best;
}

/** The best of the rounds: the one with the lowest median. */
async function runReplies(flags: Flags, say: Say): Promise<RepliesResult | undefined> {
  const { rounds, conversations, modelMs, seconds } = flags;
  let best: RepliesResult | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const result = await measureReplies({ quietMs: NO_DEBOUNCE_MS, conversations, modelMs, seconds, nodeOptions: profiling(flags) });
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

/** `say` gets each result as soon as it is known. */
export async function runSuite(flags: Flags, say: Say): Promise<Suite> {
  const { parts } = flags;
  const ingest = await runIngest(flags, say);
  const peak = ingest.onethread;
  const latency = parts.has("latency") && peak !== undefined ? await runLatency(peak, flags, say) : undefined;
  const idle = parts.has("idle") ? await runIdle(say) : [];
  const loop = parts.has("loop") ? await runLoop(flags, say) : undefined;
  const replies = parts.has("replies") ? await runReplies(flags, say) : undefined;
  const tenants = parts.has("tenants") ? await runTenants(flags, say) : undefined;
  const scale = parts.has("scale") ? await runScale(flags, say) : undefined;
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      processor: processor?.model ?? "unknown",
      node: process.version,
    },
    connections: flags.connections,
    seconds: flags.seconds,
    rounds: flags.rounds,
    ingest,
    ...(latency !== undefined && { latency }),
    idle,
    ...(loop !== undefined && { loop }),
    ...(replies !== undefined && { replies }),
    ...(tenants !== undefined && { tenants }),
    ...(scale !== undefined && { scale }),
  };
}
