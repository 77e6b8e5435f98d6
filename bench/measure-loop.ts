// Owns: the measurements of the whole product: from a customer's message to the reply that the platform accepted.
import { startChild, type Child } from "./child.ts";
import { cpuMsOf, cpuMsOfFamily } from "./cpu-time.ts";
import type { Latencies } from "./latencies.ts";
import { numberOf, textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

export interface LoopResult {
  readonly conversations: number;
  readonly conversationsPerSecond: number;
  readonly seconds: number;
  /** Until the last webhook had its 200. */
  readonly deliverySeconds: number;
  readonly unanswered: number;
  readonly answeredTwice: number;
  /** In cores. */
  readonly cpu: { readonly server?: number; readonly postgres?: number; readonly simulator?: number };
}

export interface IdleResult extends Latencies {
  readonly messages: number;
  readonly debounceMs: number;
}

interface Product {
  readonly world: World;
  readonly server: Child;
  readonly simulator: Child;
}

export interface ProductPlan {
  readonly quietMs: number;
  readonly nodeOptions: readonly string[];
}

const IDLE_WARM_UP = 50;
const LOOP_WARM_UP = 500;
const CONCURRENT_WEBHOOKS = 64;
const IDLE_FROM = 12_040_000_000;

async function withProduct<T>({ quietMs, nodeOptions }: ProductPlan, work: (product: Product) => Promise<T>): Promise<T> {
  const world = await createWorld({ quietMs });
  const children: Child[] = [];
  try {
    const { appSecret, phoneNumberId } = world;
    const simulator = startChild({ script: "simulator-process.ts", input: { appSecret, phoneNumberId } });
    children.unshift(simulator);
    const environment = {
      PORT: "0",
      DATABASE_URL: world.databaseUrl,
      ONETHREAD_APP_SECRET: appSecret,
      ONETHREAD_VERIFY_TOKEN: "bench-verify-token",
      ONETHREAD_GRAPH_URL: textOf(await simulator.next("ready"), "url"),
    };
    const server = startChild({ script: "product-process.ts", input: {}, nodeOptions, environment });
    children.unshift(server);
    const url = textOf(await server.next("ready"), "url");
    simulator.send({ do: "target", url: `${url}/webhooks/whatsapp` });
    return await work({ world, server, simulator });
  } finally {
    for (const child of children) await child.stop();
    await world.close();
  }
}

/** One message of each of `customers`, all at once, to a product that has warmed up. */
export function measureLoop(plan: ProductPlan & { readonly customers: number }): Promise<LoopResult> {
  return withProduct(plan, async ({ world, server, simulator }) => {
    simulator.send({ do: "write-slowly", messages: 1, from: IDLE_FROM });
    await simulator.next("done");
    simulator.send({ do: "write-all", customers: LOOP_WARM_UP, concurrency: CONCURRENT_WEBHOOKS, from: IDLE_FROM + 1 });
    await simulator.next("done");
    await world.analyze();
    simulator.send({ do: "write-all", customers: LOOP_WARM_UP, concurrency: CONCURRENT_WEBHOOKS, from: IDLE_FROM + 1 + LOOP_WARM_UP });
    await simulator.next("done");
    await world.analyze();
    const cpu = (): readonly (number | undefined)[] => [cpuMsOf(server.pid), cpuMsOfFamily(world.postgresPid), cpuMsOf(simulator.pid)];
    const before = cpu();
    simulator.send({
      do: "write-all",
      customers: plan.customers,
      concurrency: CONCURRENT_WEBHOOKS,
      from: IDLE_FROM + 1 + 2 * LOOP_WARM_UP,
    });
    const done = await simulator.next("done");
    const after = cpu();
    const seconds = numberOf(done, "seconds");
    const used = (name: string, at: number): Record<string, number> => {
      const [from, to] = [before[at], after[at]];
      return from === undefined || to === undefined ? {} : { [name]: (to - from) / (seconds * 1000) };
    };
    return {
      conversations: plan.customers,
      conversationsPerSecond: plan.customers / seconds,
      seconds,
      deliverySeconds: numberOf(done, "deliverySeconds"),
      unanswered: plan.customers - numberOf(done, "answered"),
      answeredTwice: numberOf(done, "doubled"),
      cpu: { ...used("server", 0), ...used("postgres", 1), ...used("simulator", 2) },
    };
  });
}

/** One message at a time, each of another customer, with nothing else going on. The times are beyond the debounce. */
export function measureIdle(plan: ProductPlan & { readonly messages: number }): Promise<IdleResult> {
  return withProduct(plan, async ({ world, simulator }) => {
    simulator.send({ do: "write-slowly", messages: IDLE_WARM_UP, from: IDLE_FROM });
    await simulator.next("done");
    await world.analyze();
    simulator.send({ do: "write-slowly", messages: plan.messages, from: IDLE_FROM + IDLE_WARM_UP });
    const done = await simulator.next("done");
    const beyond = (key: string): number => numberOf(done, key) - plan.quietMs;
    return {
      messages: plan.messages,
      debounceMs: plan.quietMs,
      p50: beyond("p50"),
      p95: beyond("p95"),
      p99: beyond("p99"),
      max: beyond("max"),
    };
  });
}
