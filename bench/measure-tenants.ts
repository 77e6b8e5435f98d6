// Owns: whether a business with very many conversations makes those of another one wait, when each reply takes a model 1 to 10 s.
import type { Child } from "./child.ts";
import { highestMemoryOf } from "./cpu-time.ts";
import { latenciesOf, type Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { beyondModel, exchangesOf, type Exchange } from "./model-exchanges.ts";
import { numberOf } from "./wire.ts";
import { withModel, type ProductPlan, type ProductWithModel } from "./with-product.ts";

export interface CrowdResult {
  readonly customers: number;
  /** Until the last of them had the reply. */
  readonly seconds: number;
  /** From the customer's message to the reply that the platform accepted. */
  readonly waited: Latencies & { readonly mean: number };
  readonly beyondModel: Latencies;
  readonly unanswered: number;
  readonly answeredTwice: number;
}

export interface TenantsResult extends Use {
  readonly alone: CrowdResult;
  readonly beside: CrowdResult;
  readonly big: CrowdResult;
  /** Beside ÷ alone. */
  readonly p50Ratio: number;
  readonly meanRatio: number;
  /** Of both together. */
  readonly seconds: number;
  /** Of the server's process. */
  readonly memory: { readonly beforeMb?: number; readonly highestMb?: number };
  /** Requests that the model had open at the same time. */
  readonly mostAtOnce: number;
}

const SMALL = 100;
const BIG = 900;
const HEAD_START_MS = 300;
const WARM_UP = 50;
const FROM = 12_060_000_000;
const MB = 1_048_576;

interface Crowd {
  /** 0: the big one's number; 1: the small one's. */
  readonly business: 0 | 1;
  readonly customers: number;
  readonly from: number;
  readonly stamp: string;
}

const mean = (samples: readonly number[]): number => samples.reduce((sum, one) => sum + one, 0) / samples.length;

function sendOff({ world, simulator }: ProductWithModel, { business, ...crowd }: Crowd): ReturnType<Child["next"]> {
  simulator.send({ do: "write-once", phoneNumberId: world.phoneNumberIds[business] ?? "", ...crowd });
  return simulator.next(`done-${crowd.stamp}`);
}

function resultOf(done: Awaited<ReturnType<typeof sendOff>>, exchanges: readonly Exchange[]): CrowdResult {
  const waitedMs = exchanges.map((exchange) => exchange.waitedMs);
  const unanswered = numberOf(done, "unanswered");
  return {
    customers: exchanges.length + unanswered,
    seconds: numberOf(done, "seconds"),
    waited: { ...latenciesOf(waitedMs), mean: mean(waitedMs) },
    beyondModel: latenciesOf(beyondModel(exchanges)),
    unanswered,
    answeredTwice: numberOf(done, "answeredTwice"),
  };
}

async function report({ model }: ProductWithModel): ReturnType<Child["next"]> {
  model.send({ do: "report" });
  return model.next("report");
}

async function warmUp(product: ProductWithModel): Promise<void> {
  await Promise.all(
    ([0, 1] as const).map((business) =>
      sendOff(product, { business, customers: WARM_UP, from: FROM + 10_000 * (business + 1), stamp: `warm${business}` }),
    ),
  );
  await report(product);
  await product.world.analyze();
}

const megabytes = (name: string, bytes: number | undefined): object => (bytes === undefined ? {} : { [name]: bytes / MB });

export function measureTenants(plan: ProductPlan): Promise<TenantsResult> {
  return withModel({ ...plan, businesses: 2 }, async (product) => {
    await warmUp(product);
    const small = { business: 1, customers: SMALL } as const;
    const aloneDone = await sendOff(product, { ...small, from: FROM, stamp: "alone" });
    const alone = resultOf(aloneDone, exchangesOf(aloneDone, await report(product)));
    await product.world.analyze();
    const before = highestMemoryOf(product.server.pid);
    const meter = await startMeter(product);
    const startedAt = performance.now();
    const bigEnds = sendOff(product, { business: 0, customers: BIG, from: FROM + 1_000, stamp: "big" });
    await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
    const smallEnds = sendOff(product, { ...small, from: FROM + 3_000, stamp: "beside" });
    const [bigDone, smallDone] = await Promise.all([bigEnds, smallEnds]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const use = await meter.read({ units: BIG + SMALL, seconds });
    const told = await report(product);
    const [big, beside] = [resultOf(bigDone, exchangesOf(bigDone, told)), resultOf(smallDone, exchangesOf(smallDone, told))];
    return {
      alone,
      beside,
      big,
      p50Ratio: beside.waited.p50 / alone.waited.p50,
      meanRatio: beside.waited.mean / alone.waited.mean,
      seconds: Math.max(big.seconds, HEAD_START_MS / 1_000 + beside.seconds),
      memory: { ...megabytes("beforeMb", before), ...megabytes("highestMb", highestMemoryOf(product.server.pid)) },
      mostAtOnce: numberOf(told, "most"),
      ...use,
    };
  });
}
