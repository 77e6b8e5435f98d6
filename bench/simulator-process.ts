// Owns: the process of the simulator, and what its customers do: all write once, or one writes again after each reply; or they talk with a model (customers.ts).
import { setTimeout as delay } from "node:timers/promises";
import { startSimulator, type Simulator } from "@onethread/simulator";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { converse, writeOnce } from "./customers.ts";
import { latenciesOf } from "./latencies.ts";
import { endWithParent, numberOf, objectOf, readInput, sendToParent, textOf, textsOf } from "./wire.ts";

const QUESTION = "When are you open on Sunday?";
const WAIT_MS = 120_000;

const input = readInput();
let target = "";
const simulator = await startSimulator({
  port: 0,
  webhookUrl: () => target,
  appSecret: textOf(input, "appSecret"),
  numbers: textsOf(input, "phoneNumberIds").map((phoneNumberId, index) => ({
    phoneNumberId,
    displayPhoneNumber: String(15_550_100_200 + index),
    wabaId: "300000000000001",
  })),
  ...(input["windowCheck"] === false && { windowCheck: false }),
  statuses: input["statuses"] === true ? "read" : "none",
});

interface WriteAll {
  readonly customers: number;
  readonly concurrency: number;
  readonly from: number;
}

/** Resolves when every status that follows a reply was taken. */
async function statusesTaken(sim: Simulator): Promise<void> {
  for (;;) {
    const { pendingStatuses, pendingDeliveries } = sim.health();
    if (pendingStatuses === 0 && pendingDeliveries === 0) return;
    await delay(5);
  }
}

/** Every customer once, all at about the same time; ends with the last accepted reply, or with its last status where there are any. */
async function writeAll(sim: Simulator, { customers, concurrency, from }: WriteAll): Promise<JsonObject> {
  sim.clearOutbox();
  const messages = Array.from({ length: customers }, (_, index) => ({ from: String(from + index), text: QUESTION }));
  const startedAt = performance.now();
  const written = sim.inbound({ messages, deliver: { concurrency, wait: true, waitMs: WAIT_MS } }).then(() => performance.now());
  const replies = await sim.waitForOutbox({}, { atLeast: customers, waitMs: WAIT_MS });
  await statusesTaken(sim);
  const endedAt = performance.now();
  await delay(500);
  const all = sim.outbox();
  return {
    customers,
    seconds: (endedAt - startedAt) / 1000,
    deliverySeconds: ((await written) - startedAt) / 1000,
    replies: replies.length,
    answered: new Set(all.map(({ to, recipient }) => to ?? recipient)).size,
    doubled: all.length - new Set(all.map(({ to, recipient }) => to ?? recipient)).size,
  };
}

/** Until so many customers have got something; half a second later nobody has got it twice. */
async function awaitAccepted(sim: Simulator, messages: number): Promise<JsonObject> {
  const startedAt = performance.now();
  await sim.waitForOutbox({}, { atLeast: messages, waitMs: WAIT_MS });
  const seconds = (performance.now() - startedAt) / 1000;
  await delay(500);
  const all = sim.outbox();
  const accepted = new Set(all.map(({ to, recipient }) => to ?? recipient)).size;
  return { seconds, accepted, doubled: all.length - accepted };
}

/** What customers with these numbers have got, and how many they are. */
function countAccepted(sim: Simulator, { from, to }: { readonly from: number; readonly to: number }): JsonObject {
  const got = sim.outbox().filter((entry) => Number(entry.to) >= from && Number(entry.to) < to);
  return { messages: got.length, customers: new Set(got.map((entry) => entry.to)).size };
}

/** One message at a time, with nothing else going on; the pauses keep it out of step with any timer. */
async function writeSlowly(sim: Simulator, { messages, from }: { readonly messages: number; readonly from: number }): Promise<JsonObject> {
  const samples: number[] = [];
  for (let index = 0; index < messages; index += 1) {
    await delay(40 + ((index * 37) % 60));
    const phone = String(from + index);
    const startedAt = performance.now();
    void sim.inbound({ from: phone, text: QUESTION });
    const replies = await sim.waitForOutbox({ to: phone }, { atLeast: 1, waitMs: 30_000 });
    if (replies.length === 0) throw new Error("a message got no reply within 30 s");
    samples.push(performance.now() - startedAt);
  }
  return { ...latenciesOf(samples), samples };
}

function readCrowd(order: JsonObject): { phoneNumberId: string; customers: number; from: number; stamp: string } {
  return {
    phoneNumberId: textOf(order, "phoneNumberId"),
    customers: numberOf(order, "customers"),
    from: numberOf(order, "from"),
    stamp: textOf(order, "stamp"),
  };
}

async function obey(order: JsonObject): Promise<void> {
  const what = textOf(order, "do");
  if (what === "converse") {
    const [modelMs, seconds] = [numberOf(order, "modelMs"), numberOf(order, "seconds")];
    sendToParent({ event: "done", ...(await converse(simulator, { ...readCrowd(order), modelMs, seconds })) });
  }
  // Several crowds may write at the same time: each is answered for by its stamp.
  if (what === "write-once") sendToParent({ event: `done-${textOf(order, "stamp")}`, ...(await writeOnce(simulator, readCrowd(order))) });
  if (what === "clear") {
    simulator.clearOutbox();
    sendToParent({ event: "cleared" });
  }
  if (what === "await-accepted") sendToParent({ event: "done", ...(await awaitAccepted(simulator, numberOf(order, "messages"))) });
  if (what === "count-accepted")
    sendToParent({ event: "counted", ...countAccepted(simulator, { from: numberOf(order, "from"), to: numberOf(order, "to") }) });
  if (what === "target") target = textOf(order, "url");
  if (what === "write-all") {
    const [customers, concurrency, from] = [numberOf(order, "customers"), numberOf(order, "concurrency"), numberOf(order, "from")];
    sendToParent({ event: "done", ...(await writeAll(simulator, { customers, concurrency, from })) });
  }
  if (what === "write-slowly") {
    sendToParent({
      event: "done",
      ...(await writeSlowly(simulator, { messages: numberOf(order, "messages"), from: numberOf(order, "from") })),
    });
  }
}

process.on("message", (value: unknown) => {
  obey(objectOf(value)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
endWithParent(() => simulator.stop());
sendToParent({ event: "ready", url: simulator.url });
