// Owns: the entry of the process for one text: watches its own memory (buffers too, which no heap limit counts) and ends itself before it uses up the
// machine's. Refuses to know: how long it may take; whoever started it ends it.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { TextTask } from "./text-work.ts";

const WATCH_MS = 10;
/** How it ends when it takes too much memory. */
const OUT_OF_MEMORY = 9;

process.once("message", ({ task, memoryMb }: { task: TextTask; memoryMb: number }) => {
  const worker = new Worker(new URL(`./text-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    execArgv: [],
  });
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryMb * 1024 * 1024) process.exit(OUT_OF_MEMORY);
  }, WATCH_MS);
  worker.once("message", (result) => process.send?.(result, () => process.exit(0)));
  worker.once("error", (error: Error & { code?: string }) => {
    process.exit(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? OUT_OF_MEMORY : 1);
  });
});
process.once("disconnect", () => process.exit(1));
