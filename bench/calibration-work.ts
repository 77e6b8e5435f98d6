// Owns: the fixed work of a calibration, in a thread of its own: what a server does all day, without a disk, a socket or a database.
import { createHmac } from "node:crypto";
import { parentPort } from "node:worker_threads";

const MESSAGE = JSON.stringify({
  entry: Array.from({ length: 8 }, (_, index) => ({
    id: `wamid.${index}`,
    text: { body: "When are you open on Sunday? ".repeat(4) },
    timestamp: index,
  })),
});
const WARM_UP_TIMES = 4_000;
const TIMES = 10_000;
const ROUNDS = 5;

function work(times: number): void {
  for (let time = 0; time < times; time += 1) {
    const body = JSON.stringify(JSON.parse(MESSAGE));
    createHmac("sha256", "calibration").update(body).digest("hex");
  }
}

function timeWork(): number {
  const startedAt = performance.now();
  work(TIMES);
  return performance.now() - startedAt;
}

work(WARM_UP_TIMES);
parentPort?.postMessage("ready");
parentPort?.once("message", () => {
  const rounds = Array.from({ length: ROUNDS }, timeWork).sort((one, other) => one - other);
  // The median: a hiccup is no drift.
  parentPort?.postMessage(rounds[Math.floor(ROUNDS / 2)]);
});
