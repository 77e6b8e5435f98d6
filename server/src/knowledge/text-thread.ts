// Owns: the thread inside the process for texts, in which the work itself runs, so that its watch is never blocked by it.
import { parentPort, workerData } from "node:worker_threads";
import { doTextTask, type TextTask } from "./text-work.ts";

parentPort?.postMessage(await doTextTask(workerData as TextTask));
