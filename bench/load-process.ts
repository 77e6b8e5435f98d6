// Owns: the process that makes the load: all requests are built and signed before the clock starts; then it floods or paces the server.
import { once } from "node:events";
import { openHttpLoad, type HttpLoad, type LoadResult } from "./http-load.ts";
import { latenciesOf } from "./latencies.ts";
import { createPayloads, createWarmUp, HOT_CUSTOMERS, type PayloadPlan } from "./payloads.ts";
import { endWithParent, numberOf, readInput, sendToParent, textOf } from "./wire.ts";

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

async function warmUp(load: HttpLoad, requests: readonly Buffer[]): Promise<void> {
  const { latenciesMs, refused } = await load.flood(requests, 120);
  if (latenciesMs.length < requests.length || refused > 0) throw new Error("the warm-up was not taken as a whole");
  sendToParent({ event: "warm" });
  await once(process, "message");
}

async function measure(load: HttpLoad): Promise<LoadResult> {
  const known = createWarmUp(plan);
  const payloads = createPayloads(
    plan,
    Math.ceil(perSecond === 0 ? numberOf(input, "mostPerSecond") * seconds : perSecond * (seconds + 1)),
  );
  await warmUp(load, known.slice(0, HOT_CUSTOMERS));
  await warmUp(load, known.slice(HOT_CUSTOMERS));
  const first = Math.ceil(perSecond);
  if (perSecond > 0) await load.pace(payloads.slice(0, first), perSecond);
  sendToParent({ event: "measuring" });
  await once(process, "message");
  return perSecond === 0 ? load.flood(payloads, seconds) : load.pace(payloads.slice(first), perSecond);
}

const load = await openHttpLoad({ host: url.hostname, port: Number(url.port), connections: numberOf(input, "connections") });
endWithParent(() => Promise.resolve());
const { latenciesMs, seconds: took, refused } = await measure(load);
sendToParent({ event: "measured", answered: latenciesMs.length, seconds: took, refused, ...latenciesOf(latenciesMs) });
