// Owns: the process that makes the load: all requests are built and signed before the clock starts; then it floods or paces the server.
import { openHttpLoad, type HttpLoad, type LoadResult } from "./http-load.ts";
import { latenciesOf } from "./latencies.ts";
import { createPayloads, createWarmUp, type PayloadPlan } from "./payloads.ts";
import { endWithParent, numberOf, readInput, tell, textOf } from "./wire.ts";

const input = readInput();
const url = new URL(textOf(input, "url"));
const seconds = numberOf(input, "seconds");
/** 0: as fast as it goes. */
const perSecond = numberOf(input, "perSecond");
const plan: PayloadPlan = {
  host: url.host,
  appSecret: textOf(input, "appSecret"),
  phoneNumberId: textOf(input, "phoneNumberId"),
  stamp: textOf(input, "stamp"),
};

async function measure(load: HttpLoad): Promise<LoadResult> {
  const warmUp = createWarmUp(plan);
  const payloads = createPayloads(plan, Math.ceil(perSecond === 0 ? numberOf(input, "mostPerSecond") * seconds : perSecond * seconds));
  const warm = await load.flood(warmUp, 120);
  if (warm.latenciesMs.length < warmUp.length || warm.refused > 0) throw new Error("the warm-up was not taken as a whole");
  if (perSecond > 0) await load.pace(payloads.slice(0, Math.ceil(perSecond)), perSecond);
  tell({ event: "measuring" });
  return perSecond === 0 ? load.flood(payloads, seconds) : load.pace(payloads.slice(Math.ceil(perSecond)), perSecond);
}

const load = await openHttpLoad({ host: url.hostname, port: Number(url.port), connections: numberOf(input, "connections") });
endWithParent(() => Promise.resolve());
const { latenciesMs, seconds: took, refused } = await measure(load);
tell({ event: "measured", answered: latenciesMs.length, seconds: took, refused, ...latenciesOf(latenciesMs) });
