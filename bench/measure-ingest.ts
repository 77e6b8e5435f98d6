// Owns: one measurement of one variant: a fresh database, a fresh server, a load generator, each a process of its own, and their CPU.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startChild, type Child } from "./child.ts";
import { cpuMsOf, cpuMsOfFamily } from "./cpu-time.ts";
import type { Latencies } from "./latencies.ts";
import type { Variant } from "./variants.ts";
import { numberOf, textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

/** In cores: 1 is one core fully used. Absent where the kernel does not report it. */
export interface CpuUse {
  readonly server?: number;
  readonly postgres?: number;
  readonly load?: number;
}

export interface IngestResult extends Latencies {
  readonly messagesPerSecond: number;
  readonly messages: number;
  readonly refused: number;
  readonly cpu: CpuUse;
}

export interface IngestPlan {
  readonly variant: Variant;
  readonly seconds: number;
  readonly connections: number;
  /** 0: as fast as it goes, in a closed loop. */
  readonly perSecond: number;
  readonly nodeOptions: readonly string[];
}

/** How many requests are built ahead: more than the variant could answer. */
const MOST_PER_SECOND: Readonly<Record<Variant, number>> = {
  discard: 40_000,
  "select-then-insert": 8_000,
  upsert: 12_000,
  onethread: 30_000,
};

/** After each, PostgreSQL analyses the tables, as autovacuum would within a minute. */
const WARM_UP_PARTS = 2;

interface Processes {
  readonly server: Child;
  readonly load: Child;
  readonly world: World;
}

function readCpu({ server, load, world }: Processes): Readonly<Record<keyof CpuUse, number | undefined>> {
  return { server: cpuMsOf(server.pid), postgres: cpuMsOfFamily(world.postgresPid), load: cpuMsOf(load.pid) };
}

async function watch(processes: Processes): Promise<{ readonly measured: JsonObject; readonly cpu: CpuUse }> {
  const { load, world } = processes;
  const end = load.next("measured");
  end.catch(() => undefined);
  for (let part = 0; part < WARM_UP_PARTS; part += 1) {
    await load.next("warm");
    await world.analyze();
    load.send({ do: "go" });
  }
  await load.next("measuring");
  const before = readCpu(processes);
  const startedAt = performance.now();
  const measured = await end;
  const after = readCpu(processes);
  const tookMs = performance.now() - startedAt;
  const used = (of: keyof CpuUse): CpuUse => {
    const [from, to] = [before[of], after[of]];
    return from === undefined || to === undefined ? {} : { [of]: (to - from) / tookMs };
  };
  return { measured, cpu: { ...used("server"), ...used("postgres"), ...used("load") } };
}

async function runLoad(world: World, server: Child, plan: IngestPlan): Promise<IngestResult> {
  const url = textOf(await server.next("ready"), "url");
  const { appSecret, phoneNumberId } = world;
  const { seconds, connections, perSecond, variant } = plan;
  const stamp = Date.now().toString(36);
  const input = { url, appSecret, phoneNumberId, seconds, connections, perSecond, stamp, mostPerSecond: MOST_PER_SECOND[variant] };
  const load = startChild({ script: "load-process.ts", input });
  try {
    const { measured, cpu } = await watch({ server, load, world });
    const messages = numberOf(measured, "answered");
    return {
      messages,
      messagesPerSecond: messages / numberOf(measured, "seconds"),
      refused: numberOf(measured, "refused"),
      p50: numberOf(measured, "p50"),
      p95: numberOf(measured, "p95"),
      p99: numberOf(measured, "p99"),
      max: numberOf(measured, "max"),
      cpu,
    };
  } finally {
    await load.stop();
  }
}

export async function measureIngest(plan: IngestPlan): Promise<IngestResult> {
  const world = await createWorld({ quietMs: 2_000 });
  try {
    const { databaseUrl, appSecret } = world;
    const server = startChild({
      script: "server-process.ts",
      input: { variant: plan.variant, databaseUrl, appSecret },
      nodeOptions: plan.nodeOptions,
    });
    try {
      return await runLoad(world, server, plan);
    } finally {
      await server.stop();
    }
  } finally {
    await world.close();
  }
}
