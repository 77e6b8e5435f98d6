// Owns: whether the replies of a number keep their latency while a campaign is sent from it: at the rate of an ordinary number, and as fast as the machine sends.
import { setTimeout as delay } from "node:timers/promises";
import type { Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { openCampaign, waitingOf, type OpenCampaign } from "./open-campaign.ts";
import { numberOf } from "./wire.ts";
import { withProduct, type Product, type ProductPlan } from "./with-product.ts";

/** The use is of the whole campaign, by message. */
export interface CampaignResult extends Use {
  readonly rows: number;
  readonly replies: number;
  readonly alone: Latencies;
  readonly besideOrdinary: Latencies;
  readonly besideFastest: Latencies;
  /** What an ordinary number sends in a second. */
  readonly ordinaryPerSecond: number;
  /** As fast as the machine sends, while the replies were written. */
  readonly fastestPerSecond: number;
  readonly acceptedTwice: number;
  readonly notAccepted: number;
}

const REPLIES = 50;
const WARM_UP = 50;
const ORDINARY = 80;
const FASTEST = 10_000;
const CUSTOMERS_FROM = 12_070_000_000;
const CAMPAIGN_FROM = 12_080_000_000;
const LOOK_MS = 250;

/** One customer after the other writes, and is answered. */
async function reply({ simulator }: Product, { from, messages }: { readonly from: number; readonly messages: number }): Promise<Latencies> {
  simulator.send({ do: "write-slowly", messages, from });
  const done = await simulator.next("done");
  return { p50: numberOf(done, "p50"), p95: numberOf(done, "p95"), p99: numberOf(done, "p99"), max: numberOf(done, "max") };
}

async function sentUntil(campaign: OpenCampaign, fits: (left: number) => boolean): Promise<number> {
  for (;;) {
    const left = waitingOf(await campaign.counts());
    if (fits(left)) return left;
    await delay(LOOK_MS);
  }
}

async function measure(product: Product, campaign: OpenCampaign, rows: number): Promise<CampaignResult> {
  const replies = { messages: REPLIES };
  const alone = await reply(product, { ...replies, from: CUSTOMERS_FROM });
  await campaign.setRate(ORDINARY);
  const meter = await startMeter(product);
  const began = performance.now();
  await campaign.start();
  await sentUntil(campaign, (left) => left < rows);
  const besideOrdinary = await reply(product, { ...replies, from: CUSTOMERS_FROM + REPLIES });
  await campaign.setRate(FASTEST);
  const before = await sentUntil(campaign, () => true);
  const fastestBegan = performance.now();
  const besideFastest = await reply(product, { ...replies, from: CUSTOMERS_FROM + 2 * REPLIES });
  const after = await sentUntil(campaign, () => true);
  const fastestPerSecond = ((before - after) * 1_000) / (performance.now() - fastestBegan);
  if (after === 0) throw new Error("the campaign was over before the replies were: give it more --messages");
  await sentUntil(campaign, (left) => left === 0);
  const use = await meter.read({ units: rows, seconds: (performance.now() - began) / 1_000 });
  product.simulator.send({ do: "count-accepted", from: CAMPAIGN_FROM, to: CAMPAIGN_FROM + rows });
  const counted = await product.simulator.next("counted");
  const acceptedTwice = numberOf(counted, "messages") - numberOf(counted, "customers");
  const notAccepted = rows - numberOf(counted, "customers");
  const latencies = { alone, besideOrdinary, besideFastest };
  return { rows, replies: REPLIES, ...latencies, ordinaryPerSecond: ORDINARY, fastestPerSecond, acceptedTwice, notAccepted, ...use };
}

export function measureCampaign(plan: ProductPlan & { readonly messages: number }): Promise<CampaignResult> {
  return withProduct(plan, async (product) => {
    const { world, graphUrl } = product;
    const campaign = await openCampaign({ world, graphUrl, rows: plan.messages, from: CAMPAIGN_FROM });
    try {
      await reply(product, { messages: WARM_UP, from: CUSTOMERS_FROM + 3 * REPLIES });
      await world.analyze();
      return await measure(product, campaign, plan.messages);
    } finally {
      await campaign.close();
    }
  });
}
