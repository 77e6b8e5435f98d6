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

interface Samples {
  readonly alone: readonly number[];
  readonly besideOrdinary: readonly number[];
  readonly besideFastest: readonly number[];
}

/** Beside its replies what the campaign sent meanwhile, as fast as it went. */
interface MeasuredTurn extends Samples {
  readonly fastMessages: number;
  readonly fastSeconds: number;
}

type Reply = (messages: number) => Promise<readonly number[]>;

/** The campaign is going on when it ends. */
async function takeTurn(campaign: OpenCampaign, reply: Reply, begin: () => Promise<void>): Promise<MeasuredTurn> {
  const alone = await reply(REPLIES);
  await campaign.setRate(ORDINARY);
  await begin();
  await waitFor(campaign, (counts) => !isQuiet(counts));
  const besideOrdinary = await reply(REPLIES);
  await campaign.setRate(FASTEST);
  await delay(LOOK_MS);
  const before = await waitingNow(campaign);
  const began = performance.now();
  const besideFastest = await reply(REPLIES);
  const after = await waitingNow(campaign);
  if (after === 0) throw new Error("the campaign was over before the replies were: give it more --messages");
  return { alone, besideOrdinary, besideFastest, fastMessages: before - after, fastSeconds: (performance.now() - began) / 1_000 };
}

const latenciesIn = ({ alone, besideOrdinary, besideFastest }: Samples): CampaignTurn => ({
  alone: latenciesOf(alone),
  besideOrdinary: latenciesOf(besideOrdinary),
  besideFastest: latenciesOf(besideFastest),
});

async function takeTurns(campaign: OpenCampaign, reply: Reply, count: number): Promise<readonly MeasuredTurn[]> {
  const turns = [await takeTurn(campaign, reply, () => campaign.start())];
  while (turns.length < count) {
    await campaign.pause();
    await waitFor(campaign, isQuiet);
    turns.push(await takeTurn(campaign, reply, () => campaign.resume()));
  }
  return turns;
}

async function measure(product: Product, campaign: OpenCampaign, { messages: rows, turns: count }: CampaignPlan): Promise<CampaignResult> {
  const { simulator } = product;
  let from = CUSTOMERS_FROM;
  /** One customer after the other writes, and is answered. */
  const reply: Reply = async (messages) => {
    simulator.send({ do: "write-slowly", messages, from });
    from += messages;
    return numbersOf(await simulator.next("done"), "samples");
  };
  await reply(WARM_UP);
  await product.world.analyze();
  const meter = await startMeter(product);
  const began = performance.now();
  const turns = await takeTurns(campaign, reply, count);
  await waitFor(campaign, (counts) => waitingOf(counts) === 0);
  const use = await meter.read({ units: rows, seconds: (performance.now() - began) / 1_000 });
  simulator.send({ do: "count-accepted", from: CAMPAIGN_FROM, to: CAMPAIGN_FROM + rows });
  const counted = await simulator.next("counted");
  const all = (kind: keyof Samples): readonly number[] => turns.flatMap((turn) => turn[kind]);
  const sum = (key: "fastMessages" | "fastSeconds"): number => turns.reduce((total, turn) => total + turn[key], 0);
  return {
    rows,
    replies: count * REPLIES,
    turns: turns.map(latenciesIn),
    ...latenciesIn({ alone: all("alone"), besideOrdinary: all("besideOrdinary"), besideFastest: all("besideFastest") }),
    ordinaryPerSecond: ORDINARY,
    fastestPerSecond: sum("fastMessages") / sum("fastSeconds"),
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
