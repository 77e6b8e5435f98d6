// Owns: the side that takes webhooks, for one measurement: a fresh database, a server around one of the variants, a load generator; each a process of its own.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startChild, type Child } from "./child.ts";
import type { Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { HOT_CUSTOMERS, KNOWN_CUSTOMERS, type Writers } from "./payloads.ts";
import type { Variant } from "./variants.ts";
import { numberOf, textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

export interface IntakePlan {
  readonly variant: Variant;
  readonly connections: number;
  readonly nodeOptions: readonly string[];
}

export interface IngestResult extends Latencies, Use {
  readonly messagesPerSecond: number;
  readonly messages: number;
  readonly refused: number;
}

export interface Intake {
  /** All known customers write once, and the tables are analysed twice meanwhile, as autovacuum would within a minute. */
  warmUp(): Promise<void>;
  /** Builds these messages; what was left of others is forgotten. */
  prepare(writers: Writers, messages: number): Promise<void>;
  /** Sends what is prepared: each connection its next message when the last one is answered. */
  flood(seconds: number): Promise<IngestResult>;
  /** Sends that many of what is prepared, at a fixed rate. */
  pace(messages: number, perSecond: number): Promise<IngestResult>;
  /** Has the load generator do something else, and answers what it reports. */
  order(order: JsonObject): Promise<JsonObject>;
}

export const latenciesIn = (report: JsonObject): Latencies => ({
  p50: numberOf(report, "p50"),
  p95: numberOf(report, "p95"),
  p99: numberOf(report, "p99"),
  max: numberOf(report, "max"),
});

interface Surroundings {
  readonly world: World;
  readonly server: Child;
  readonly load: Child;
}

function createIntakeLoad({ world, server, load }: Surroundings): Intake {
  const order = (what: JsonObject): Promise<JsonObject> => {
    load.send(what);
    return load.next("done");
  };
  const measure = async (what: JsonObject): Promise<IngestResult> => {
    const meter = await startMeter({ world, server, load });
    const report = await order(what);
    const [messages, seconds] = [numberOf(report, "answered"), numberOf(report, "seconds")];
    const use = await meter.read({ units: messages, seconds });
    return { messages, messagesPerSecond: messages / seconds, refused: numberOf(report, "refused"), ...latenciesIn(report), ...use };
  };
  return {
    async warmUp() {
      await order({ do: "introduce", from: 0, to: HOT_CUSTOMERS });
      await world.analyze();
      await order({ do: "introduce", from: HOT_CUSTOMERS, to: KNOWN_CUSTOMERS });
      await world.analyze();
    },
    async prepare(writers, messages) {
      await order({ do: "prepare", writers, messages });
    },
    flood: (seconds) => measure({ do: "flood", seconds }),
    pace: (messages, perSecond) => measure({ do: "pace", messages, perSecond }),
    order,
  };
}

/** In a world that is there, and stays. */
export async function withIntakeOn<T>(world: World, plan: IntakePlan, work: (intake: Intake) => Promise<T>): Promise<T> {
  const { variant, connections, nodeOptions } = plan;
  const { databaseUrl, appSecret, phoneNumberId } = world;
  const server = startChild({ script: "server-process.ts", input: { variant, databaseUrl, appSecret }, nodeOptions });
  try {
    const url = textOf(await server.next("ready"), "url");
    const stamp = Date.now().toString(36);
    const load = startChild({ script: "load-process.ts", input: { url, appSecret, phoneNumberId, connections, stamp } });
    try {
      return await work(createIntakeLoad({ world, server, load }));
    } finally {
      await load.stop();
    }
  } finally {
    await server.stop();
  }
}

export async function withIntake<T>(plan: IntakePlan, work: (intake: Intake) => Promise<T>): Promise<T> {
  const world = await createWorld({ quietMs: 2_000 });
  try {
    return await withIntakeOn(world, plan, work);
  } finally {
    await world.close();
  }
}
