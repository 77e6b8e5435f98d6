// Owns: running the work on one text in a process of its own, within limits of time and memory, with a share of the places for each business: an
// expensive text stops neither the API nor a worker nor another business's text. Refuses to know: what the work is (text-work.ts).
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { BusinessId } from "../kernel/ids.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { TextResult, TextTask } from "./text-work.ts";

export interface TextWorkLimits {
  readonly timeoutMs?: number;
  /** Of the whole process. */
  readonly memoryMb?: number;
  readonly maxWaitingPerBusiness?: number;
}

export type TextWorkOutcome<R extends TextResult = TextResult> =
  | { readonly outcome: "done"; readonly result: R }
  /** It took longer than it may, more memory than it may, or broke: the same text would again. */
  | { readonly outcome: "failed"; readonly why: "time" | "memory" | "error"; readonly limit: string }
  /** Too many wait already. */
  | { readonly outcome: "busy" };

/** Never rejects. */
export type RunTextWork = <T extends TextTask>(
  businessId: BusinessId,
  task: T,
) => Promise<TextWorkOutcome<Extract<TextResult, { kind: T["kind"] }>>>;

const ENTRY = fileURLToPath(new URL(`./text-process${extname(import.meta.filename)}`, import.meta.url));
/** Processes at the same time, of them for one business, and how many tasks may wait for one. */
const PLACES = { places: 3, perBusiness: 1, maxWaiting: 64 };
const OUT_OF_MEMORY = 9;

function inProcess(task: TextTask, { timeoutMs, memoryMb }: { timeoutMs: number; memoryMb: number }): Promise<TextWorkOutcome> {
  return new Promise((resolve) => {
    // Nothing of our environment: what reads a stranger's file holds no secret.
    const child = fork(ENTRY, { execArgv: [], env: {}, serialization: "advanced", stdio: "ignore" });
    let result: TextResult | undefined;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const end = (outcome: TextWorkOutcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.once("message", (message) => (result = message as TextResult));
    child.once("error", () => {
      end({ outcome: "failed", why: "error", limit: "" });
    });
    child.once("exit", (code, signal) => {
      if (result !== undefined) end({ outcome: "done", result });
      else if (isLate) end({ outcome: "failed", why: "time", limit: `${String(timeoutMs)} ms` });
      // A signal that is not ours is the system's, which ends what takes too much.
      else if (code === OUT_OF_MEMORY || signal !== null) end({ outcome: "failed", why: "memory", limit: `${String(memoryMb)} MB` });
      else end({ outcome: "failed", why: "error", limit: "" });
    });
    // It ended before it could read this: "exit" reports that.
    child.send({ task, memoryMb }, () => undefined);
  });
}

export function createTextWork(limits: TextWorkLimits = {}): RunTextWork {
  const { timeoutMs = 15_000, memoryMb = 512, maxWaitingPerBusiness = 8 } = limits;
  const fair = createFairPlaces({ ...PLACES, maxWaitingPerBusiness });
  return async (businessId, task) => {
    const leave = await fair.take(businessId);
    if (leave === undefined) return { outcome: "busy" };
    try {
      // A task is answered with the result of its kind.
      return (await inProcess(task, { timeoutMs, memoryMb })) as TextWorkOutcome<never>;
    } finally {
      leave();
    }
  };
}

/** Of this process: the API's uploads and the worker's texts share its places. */
export const runTextWork = createTextWork();
