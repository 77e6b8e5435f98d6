// Owns: whether the replies of a number keep their latency while a campaign is sent from it: alone, at the rate of an ordinary number, and as fast as the machine sends, in turn.
import { setTimeout as delay } from "node:timers/promises";
import { latenciesOf, type Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { openCampaign, waitingOf, type OpenCampaign } from "./open-campaign.ts";
import { numberOf, numbersOf } from "./wire.ts";
import { withProduct, type Product, type ProductPlan } from "./with-product.ts";

/** Of the replies of one turn. */
interface CampaignTurn {
  readonly alone: Latencies;
  readonly besideOrdinary: Latencies;
  readonly besideFastest: Latencies;
}

/** The use is of the whole campaign, by message. The latencies are of the replies of all turns. */
export interface CampaignResult extends Use, CampaignTurn {
  readonly rows: number;
  /** Of each of the three. */
  readonly replies: number;
  readonly turns: readonly CampaignTurn[];
  /** What an ordinary number sends in a second. */
  readonly ordinaryPerSecond: number;
  /** As fast as the machine sends, while the replies were written. */
  readonly fastestPerSecond: number;
  readonly acceptedTwice: number;
  readonly notAccepted: number;
}

export interface CampaignPlan extends ProductPlan {
  readonly messages: number;
  readonly turns: number;
}

const REPLIES = 12;
const WARM_UP = 50;
const ORDINARY = 80;
const FASTEST = 10_000;
const CUSTOMERS_FROM = 12_070_000_000;
const CAMPAIGN_FROM = 12_080_000_000;
const LOOK_MS = 250;

async function waitFor(campaign: OpenCampaign, fits: (counts: Awaited<ReturnType<OpenCampaign["counts"]>>) => boolean): Promise<number> {
  for (;;) {
    const counts = await campaign.counts();
    if (fits(counts)) return waitingOf(counts);
    await delay(LOOK_MS);
  }
}

const waitingNow = (campaign: OpenCampaign): Promise<number> => waitFor(campaign, () => true);
const isQuiet = ({ queued, sending }: { readonly queued: number; readonly sending: number }): boolean => queued + sending === 0;

/** What was accepted while `work` ran, in a second. */
async function rateWhile(
  campaign: OpenCampaign,
  work: () => Promise<void>,
): Promise<{ readonly messages: number; readonly seconds: number }> {
  const before = await waitingNow(campaign);
  const began = performance.now();
  await work();
  const after = await waitingNow(campaign);
  if (after === 0) throw new Error("the campaign was over before the replies were: give it more --messages");
  return { messages: before - after, seconds: (performance.now() - began) / 1_000 };
}

async function measure(product: Product, campaign: OpenCampaign, { messages: rows, turns: count }: CampaignPlan): Promise<CampaignResult> {
  const { simulator } = product;
  let from = CUSTOMERS_FROM;
  /** One customer after the other writes, and is answered. */
  const reply = async (messages: number): Promise<readonly number[]> => {
    simulator.send({ do: "write-slowly", messages, from });
    from += messages;
    return numbersOf(await simulator.next("done"), "samples");
  };
  await reply(WARM_UP);
  await product.world.analyze();

  const samples: Record<keyof CampaignTurn, number[]> = { alone: [], besideOrdinary: [], besideFastest: [] };
  const turns: CampaignTurn[] = [];
  let [fastMessages, fastSeconds] = [0, 0];
  const meter = await startMeter(product);
  const began = performance.now();
  for (let turn = 0; turn < count; turn += 1) {
    const alone = await reply(REPLIES);
    await campaign.setRate(ORDINARY);
    await (turn === 0 ? campaign.start() : campaign.resume());
    await waitFor(campaign, ({ sending, queued }) => sending + queued > 0);
    const besideOrdinary = await reply(REPLIES);
    await campaign.setRate(FASTEST);
    await delay(LOOK_MS);
    let besideFastest: readonly number[] = [];
    const fast = await rateWhile(campaign, async () => {
      besideFastest = await reply(REPLIES);
    });
    fastMessages += fast.messages;
    fastSeconds += fast.seconds;
    samples.alone.push(...alone);
    samples.besideOrdinary.push(...besideOrdinary);
    samples.besideFastest.push(...besideFastest);
    turns.push({ alone: latenciesOf(alone), besideOrdinary: latenciesOf(besideOrdinary), besideFastest: latenciesOf(besideFastest) });
    if (turn === count - 1) break;
    await campaign.pause();
    await waitFor(campaign, isQuiet);
  }
  await waitFor(campaign, (counts) => waitingOf(counts) === 0);
  const use = await meter.read({ units: rows, seconds: (performance.now() - began) / 1_000 });
  simulator.send({ do: "count-accepted", from: CAMPAIGN_FROM, to: CAMPAIGN_FROM + rows });
  const counted = await simulator.next("counted");
  return {
    rows,
    replies: samples.alone.length,
    turns,
    alone: latenciesOf(samples.alone),
    besideOrdinary: latenciesOf(samples.besideOrdinary),
    besideFastest: latenciesOf(samples.besideFastest),
    ordinaryPerSecond: ORDINARY,
    fastestPerSecond: fastMessages / fastSeconds,
    acceptedTwice: numberOf(counted, "messages") - numberOf(counted, "customers"),
    notAccepted: rows - numberOf(counted, "customers"),
    ...use,
  };
}

export function measureCampaign(plan: CampaignPlan): Promise<CampaignResult> {
  return withProduct(plan, async (product) => {
    const { world, graphUrl } = product;
    const campaign = await openCampaign({ world, graphUrl, rows: plan.messages, from: CAMPAIGN_FROM });
    try {
      return await measure(product, campaign, plan);
    } finally {
      await campaign.close();
    }
  });
}
