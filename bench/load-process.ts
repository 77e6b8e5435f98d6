// Owns: the process that makes the load. All requests are built and signed before the clock starts; when it is told to, it sends what it has prepared.
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { openHttpLoad, type LoadResult } from "./http-load.ts";
import { latenciesOf } from "./latencies.ts";
import { createPayloads, WRITERS } from "./payloads.ts";
import { endWithParent, numberOf, objectOf, readInput, sendToParent, textOf } from "./wire.ts";

const WARM_UP_SECONDS = 120;
/** Between two bursts: what the last one left behind is done by then. */
const PAUSE_MS = 20;
/** The most that the platform puts into one webhook. */
const BATCH = 1_000;

const input = readInput();
const url = new URL(textOf(input, "url"));
const payloads = createPayloads({
  host: url.host,
  appSecret: textOf(input, "appSecret"),
  phoneNumberId: textOf(input, "phoneNumberId"),
  stamp: textOf(input, "stamp"),
});
const load = await openHttpLoad({ host: url.hostname, port: Number(url.port), connections: numberOf(input, "connections") });
let prepared: readonly Buffer[] = [];

const reportOf = ({ latenciesMs, seconds, refused }: LoadResult): JsonObject => ({
  answered: latenciesMs.length,
  seconds,
  refused,
  ...latenciesOf(latenciesMs),
});

async function introduce(from: number, to: number): Promise<JsonObject> {
  const requests = payloads.introduce(from, to);
  const result = await load.flood(requests, WARM_UP_SECONDS);
  if (result.latenciesMs.length < requests.length || result.refused > 0) throw new Error("the warm-up was not taken as a whole");
  return reportOf(result);
}

function prepare(order: JsonObject): JsonObject {
  const writers = WRITERS.find((name) => name === textOf(order, "writers"));
  if (writers === undefined) throw new Error("there are no such writers");
  prepared = payloads.next(writers, numberOf(order, "messages"));
  return {};
}

function takePrepared(count: number): readonly Buffer[] {
  const taken = prepared.slice(0, count);
  prepared = prepared.slice(count);
  return taken;
}

/** The same number of small webhooks at once, each time alone and each time beside large ones, in turn. */
async function burst(small: number, times: number): Promise<JsonObject> {
  const [alone, beside, batches, largest]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let time = 0; time < times; time += 1) {
    const large = [payloads.largest(), payloads.batch(BATCH)];
    const [first, second] = [payloads.next("known", small), payloads.next("known", small)];
    await delay(PAUSE_MS);
    alone.push(...(await load.burst(first)));
    await delay(PAUSE_MS);
    const [largestMs = 0, batchMs = 0, ...smallMs] = await load.burst([...large, ...second]);
    largest.push(largestMs);
    batches.push(batchMs);
    beside.push(...smallMs);
  }
  return {
    alone: { ...latenciesOf(alone) },
    beside: { ...latenciesOf(beside) },
    largest: { ...latenciesOf(largest) },
    batch: { ...latenciesOf(batches) },
  };
}

async function obey(order: JsonObject): Promise<JsonObject> {
  switch (textOf(order, "do")) {
    case "introduce":
      return introduce(numberOf(order, "from"), numberOf(order, "to"));
    case "prepare":
      return prepare(order);
    case "flood":
      return reportOf(await load.flood(prepared, numberOf(order, "seconds")));
    case "pace":
      return reportOf(await load.pace(takePrepared(numberOf(order, "messages")), numberOf(order, "perSecond")));
    case "burst":
      return burst(numberOf(order, "small"), numberOf(order, "times"));
    default:
      throw new Error("the load generator does not understand its order");
  }
}

process.on("message", (value: unknown) => {
  obey(objectOf(value)).then(
    (report) => sendToParent({ event: "done", ...report }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
endWithParent(() => Promise.resolve());
