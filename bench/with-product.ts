// Owns: the whole product with all that it needs around it, for one measurement: a fresh database, the server, the simulator and, when replies are
// written by a model, the server of that model; each a process of its own.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startChild, type Child } from "./child.ts";
import { cpuMsOf, cpuMsOfFamily } from "./cpu-time.ts";
import { textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

export interface ProductPlan {
  readonly quietMs: number;
  readonly nodeOptions: readonly string[];
  readonly countsStatements?: boolean;
  /** Whether the platform sends statuses. Default: no. */
  readonly withStatuses?: boolean;
}

export interface Product {
  readonly world: World;
  readonly server: Child;
  readonly simulator: Child;
}

export interface ProductWithModel extends Product {
  readonly model: Child;
}

/** In cores: 1 is one core fully used. Absent where the kernel does not report it. */
export interface ProductCpu {
  readonly server?: number;
  readonly postgres?: number;
  readonly simulator?: number;
  readonly model?: number;
}

/** The children end in the opposite order of their start, the database last. */
async function withChildren<T>(work: (start: typeof startChild) => Promise<T>): Promise<T> {
  const children: Child[] = [];
  try {
    return await work((plan) => {
      const child = startChild(plan);
      children.unshift(child);
      return child;
    });
  } finally {
    for (const child of children) await child.stop();
  }
}

interface Surroundings {
  readonly world: World;
  readonly start: typeof startChild;
  readonly nodeOptions: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly statuses?: boolean;
}

async function startProduct({ world, start, nodeOptions, environment = {}, statuses = false }: Surroundings): Promise<Product> {
  const { appSecret, phoneNumberIds } = world;
  const simulator = start({ script: "simulator-process.ts", input: { appSecret, phoneNumberIds, statuses } });
  const server = start({
    script: "product-process.ts",
    input: {},
    nodeOptions,
    environment: {
      PORT: "0",
      DATABASE_URL: world.databaseUrl,
      ONETHREAD_APP_SECRET: appSecret,
      ONETHREAD_VERIFY_TOKEN: "bench-verify-token",
      ONETHREAD_GRAPH_URL: textOf(await simulator.next("ready"), "url"),
      ...environment,
    },
  });
  const url = textOf(await server.next("ready"), "url");
  simulator.send({ do: "target", url: `${url}/webhooks/whatsapp` });
  return { world, server, simulator };
}

/** One business, answered by the knowledge responder. */
export async function withProduct<T>(
  { quietMs, nodeOptions, countsStatements = false, withStatuses: statuses = false }: ProductPlan,
  work: (product: Product) => Promise<T>,
): Promise<T> {
  const world = await createWorld({ quietMs, countsStatements });
  try {
    return await withChildren(async (start) => work(await startProduct({ world, start, nodeOptions, statuses })));
  } finally {
    await world.close();
  }
}

const settingsOf = (baseUrl: string): JsonObject => ({
  responder: "model",
  model: { provider: "openai-compatible", model: "bench", baseUrl },
  systemPrompt: "You answer for Aurora, a shop for lamps. Be short and friendly.",
});

/** Every business is answered by a model; the question says how long that takes (questions.ts). */
export async function withModel<T>(
  { quietMs, nodeOptions, businesses }: ProductPlan & { readonly businesses: number },
  work: (product: ProductWithModel) => Promise<T>,
): Promise<T> {
  return withChildren(async (startModel) => {
    const model = startModel({ script: "model-process.ts", input: {} });
    const ready = await model.next("ready");
    const world = await createWorld({ quietMs, businesses, replySettings: settingsOf(textOf(ready, "baseUrl")) });
    const environment = { ONETHREAD_PRIVATE_HOSTS: textOf(ready, "host") };
    try {
      return await withChildren(async (start) => work({ ...(await startProduct({ world, start, nodeOptions, environment })), model }));
    } finally {
      await world.close();
    }
  });
}

export interface CpuMeter {
  /** Since the meter was started, that many seconds ago. */
  read(seconds: number): ProductCpu;
}

export function startCpuMeter({ world, server, simulator, model }: Product & { readonly model?: Child }): CpuMeter {
  const readers = {
    server: () => cpuMsOf(server.pid),
    postgres: () => cpuMsOfFamily(world.postgresPid),
    simulator: () => cpuMsOf(simulator.pid),
    ...(model === undefined ? {} : { model: () => cpuMsOf(model.pid) }),
  };
  const names = Object.keys(readers) as (keyof typeof readers)[];
  const before = names.map((name) => readers[name]?.());
  return {
    read(seconds) {
      const used = names.map((name, at) => {
        const [from, to] = [before[at], readers[name]?.()];
        return from === undefined || to === undefined ? {} : { [name]: (to - from) / (seconds * 1_000) };
      });
      return Object.assign({}, ...used) as ProductCpu;
    },
  };
}
