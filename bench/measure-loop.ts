// Owns: the measurements of the whole product: from a customer's message to the reply that the platform accepted.
import type { JsonObject } from "../server/src/kernel/json.ts";
import type { Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { forgetStatements, readStatements, type StatementUse } from "./statements.ts";
import type { Turn } from "./take-turns.ts";
import { numberOf } from "./wire.ts";
import { withProduct, type ProductPlan } from "./with-product.ts";

export interface LoopResult extends Use {
  readonly conversations: number;
  /** Whether three statuses followed each reply. */
  readonly withStatuses: boolean;
  readonly conversationsPerSecond: number;
  readonly seconds: number;
  /** Until the last webhook had its 200. */
  readonly deliverySeconds: number;
  readonly unanswered: number;
  readonly answeredTwice: number;
  /** When they were counted. */
  readonly statements?: readonly StatementUse[];
}

export interface IdleResult extends Latencies {
  readonly messages: number;
  readonly debounceMs: number;
}

const IDLE_WARM_UP = 50;
/** Twice. As long as it takes until the process has compiled what it runs most: after 1,000 conversations a ninth of all processor time still went into that. */
const LOOP_WARM_UP = 2_000;
const WARM_UP_CONNECTIONS = 64;
const IDLE_FROM = 12_040_000_000;

export interface LoopPlan extends ProductPlan {
  readonly customers: number;
  readonly connections: number;
}

/** One message of each of `customers`, all at once, as often as `use` wants, of others each time, to a product that has warmed up. */
export function withLoopTurns(plan: LoopPlan, use: (measure: Turn<LoopResult>) => Promise<void>): Promise<void> {
  return withProduct(plan, async (product) => {
    const { world, simulator } = product;
    let from = IDLE_FROM;
    const writeAll = async (customers: number, concurrency: number): Promise<JsonObject> => {
      simulator.send({ do: "write-all", customers, concurrency, from });
      from += customers;
      return simulator.next("done");
    };
    simulator.send({ do: "write-slowly", messages: 1, from });
    from += 1;
    await simulator.next("done");
    for (let time = 0; time < 2; time += 1) {
      await writeAll(LOOP_WARM_UP, WARM_UP_CONNECTIONS);
      await world.analyze();
    }
    await use(async () => {
      if (plan.countsStatements === true) await forgetStatements(world.databaseUrl);
      const meter = await startMeter(product);
      const done = await writeAll(plan.customers, plan.connections);
      const seconds = numberOf(done, "seconds");
      return {
        conversations: plan.customers,
        withStatuses: plan.withStatuses === true,
        conversationsPerSecond: plan.customers / seconds,
        seconds,
        deliverySeconds: numberOf(done, "deliverySeconds"),
        unanswered: plan.customers - numberOf(done, "answered"),
        answeredTwice: numberOf(done, "doubled"),
        ...(await meter.read({ units: plan.customers, seconds })),
        ...(plan.countsStatements === true ? { statements: await readStatements(world.databaseUrl) } : {}),
      };
    });
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
