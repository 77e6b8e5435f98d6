// Owns: one measurement of one variant: a fresh database, a fresh server, a load generator, each a process of its own, and what they used.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startChild, type Child } from "./child.ts";
import type { Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import type { Variant } from "./variants.ts";
import { numberOf, textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

export interface IngestResult extends Latencies, Use {
  readonly messagesPerSecond: number;
  readonly messages: number;
  readonly refused: number;
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

async function watch(load: Child, world: World, server: Child): Promise<{ readonly measured: JsonObject; readonly use: Use }> {
  const end = load.next("measured");
  end.catch(() => undefined);
  for (let part = 0; part < WARM_UP_PARTS; part += 1) {
    await load.next("warm");
    await world.analyze();
    load.send({ do: "go" });
  }
  await load.next("measuring");
  const meter = await startMeter({ world, server, load });
  load.send({ do: "go" });
  const measured = await end;
  return { measured, use: await meter.read({ units: numberOf(measured, "answered"), seconds: numberOf(measured, "seconds") }) };
}

async function runLoad(world: World, server: Child, plan: IngestPlan): Promise<IngestResult> {
  const url = textOf(await server.next("ready"), "url");
  const { appSecret, phoneNumberId } = world;
  const { seconds, connections, perSecond, variant } = plan;
  const stamp = Date.now().toString(36);
  const input = { url, appSecret, phoneNumberId, seconds, connections, perSecond, stamp, mostPerSecond: MOST_PER_SECOND[variant] };
  const load = startChild({ script: "load-process.ts", input });
  try {
    const { measured, use } = await watch(load, world, server);
    const messages = numberOf(measured, "answered");
    return {
      messages,
      messagesPerSecond: messages / numberOf(measured, "seconds"),
      refused: numberOf(measured, "refused"),
      p50: numberOf(measured, "p50"),
      p95: numberOf(measured, "p95"),
      p99: numberOf(measured, "p99"),
      max: numberOf(measured, "max"),
      ...use,
    };
  } finally {
    await load.stop();
  }
}

export async function measureIngest(plan: IngestPlan): Promise<IngestResult> {
  const world = await createWorld({ quietMs: 2_000 });
  try {
    return await measureIngestOn(world, plan);
  } finally {
    await world.close();
  }
}

/** The same in a world that is there, and stays. */
export async function measureIngestOn(world: World, plan: IngestPlan): Promise<IngestResult> {
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
}
