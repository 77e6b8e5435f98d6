// Owns: a process that logs what it is told to, for tests of what becomes of its lines; it answers by its channel, never on standard error.
import { createProcessTerminal } from "../../src/cli/terminal.ts";
import { createLog } from "../../src/kernel/log.ts";

export interface Order {
  /** Numbered from `from`, each with so many letters. */
  readonly log?: { readonly from: number; readonly lines: number; readonly letters: number };
  readonly then?: "end" | "crash";
}

const log = createLog({ level: "info", pretty: process.argv.includes("--pretty") });
createProcessTerminal().onCrash((error) => {
  log.fatal({ error }, "process.crashed");
});

process.on("message", (order: Order) => {
  const { from, lines, letters } = order.log ?? { from: 0, lines: 0, letters: 0 };
  const padding = "x".repeat(letters);
  for (let number = from; number < from + lines; number += 1) log.info({ number, padding }, "test.logged");
  if (order.then === "end") process.exit(0);
  if (order.then === "crash") throw Object.assign(new Error("broken on purpose"), { detail: "a customer's words" });
  process.send?.({ rssMb: Math.round(process.memoryUsage.rss() / 1_000_000) });
});
