// Owns: the whole product with all that it needs around it, for one measurement: a fresh database, the server, the simulator and, when replies are
// written by a model, the server of that model; each a process of its own.
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startChild, type Child } from "./child.ts";
import { textOf } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

export interface ProductPlan {
  readonly quietMs: number;
  readonly nodeOptions: readonly string[];
  readonly countsStatements?: boolean;
  /** Whether the platform sends statuses. Default: no. */
  readonly withStatuses?: boolean;
  /** Whether the platform has heard nothing of the customers, and takes messages to them all the same. Default: no. */
  readonly customersAreUnknown?: boolean;
}

export interface Product {
  readonly world: World;
  /** Of its HTTP side. */
  readonly url: string;
  /** Of the platform. */
  readonly graphUrl: string;
  readonly server: Child;
  readonly simulator: Child;
}

export interface ProductWithModel extends Product {
  readonly model: Child;
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
  readonly customersAreUnknown?: boolean;
}

async function startProduct({
  world,
  start,
  nodeOptions,
  environment = {},
  statuses = false,
  customersAreUnknown = false,
}: Surroundings): Promise<Product> {
  const { appSecret, phoneNumberIds } = world;
  const simulator = start({
    script: "simulator-process.ts",
    input: { appSecret, phoneNumberIds, statuses, windowCheck: !customersAreUnknown },
    nodeOptions,
  });
  const graphUrl = textOf(await simulator.next("ready"), "url");
  const server = start({
    script: "product-process.ts",
    input: {},
    nodeOptions,
    environment: {
      PORT: "0",
      DATABASE_URL: world.databaseUrl,
      ONETHREAD_APP_SECRET: appSecret,
      ONETHREAD_VERIFY_TOKEN: "bench-verify-token",
      ONETHREAD_GRAPH_URL: graphUrl,
      ...environment,
    },
  });
  const url = textOf(await server.next("ready"), "url");
  simulator.send({ do: "target", url: `${url}/webhooks/whatsapp` });
  return { world, url, graphUrl, server, simulator };
}

/** One business, answered by the knowledge responder. */
export async function withProduct<T>(
  { quietMs, countsStatements = false, ...plan }: ProductPlan,
  work: (product: Product) => Promise<T>,
): Promise<T> {
  const world = await createWorld({ quietMs, countsStatements });
  try {
    return await withProductOn(world, plan, work);
  } finally {
    await world.close();
  }
}

/** The same in a world that is there, and stays. */
export function withProductOn<T>(
  world: World,
  { nodeOptions, withStatuses = false, customersAreUnknown = false }: Omit<ProductPlan, "quietMs" | "countsStatements">,
  work: (product: Product) => Promise<T>,
): Promise<T> {
  return withChildren(async (start) =>
    work(await startProduct({ world, start, nodeOptions, statuses: withStatuses, customersAreUnknown })),
  );
}

const settingsOf = (baseUrl: string): JsonObject => ({
  responder: "model",
  model: { provider: "openai-compatible", model: "bench", baseUrl },
  systemPrompt: "You answer for Aurora, a shop for lamps. Be short and friendly.",
});

/** Every business is answered by a model; the question says how long that takes (questions.ts). */
export async function withModel<T>(
  { quietMs, nodeOptions, countsStatements = false, businesses }: ProductPlan & { readonly businesses: number },
  work: (product: ProductWithModel) => Promise<T>,
): Promise<T> {
  return withChildren(async (startModel) => {
    const model = startModel({ script: "model-process.ts", input: {} });
    const ready = await model.next("ready");
    const world = await createWorld({ quietMs, countsStatements, businesses, replySettings: settingsOf(textOf(ready, "baseUrl")) });
    const environment = { ONETHREAD_PRIVATE_HOSTS: textOf(ready, "host") };
    try {
      return await withChildren(async (start) => work({ ...(await startProduct({ world, start, nodeOptions, environment })), model }));
    } finally {
      await world.close();
    }
  });
}
