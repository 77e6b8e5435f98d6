// Owns: `onethread start`: from the flags to a running Onethread, and from a signal to its end. Refuses to know what runs.
import { InvalidArgumentError, type Command } from "commander";
import type { RunningOnethread } from "../compose/start-onethread.ts";
import { CliFailure } from "./cli-failure.ts";
import { readSettings } from "./read-settings.ts";
import type { StopSignal, Terminal } from "./terminal.ts";

const STOP_LIMIT_MS = 15_000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const EXAMPLES = `
Examples:
  $ onethread start --demo                    everything at once, with its own PostgreSQL and a simulator of WhatsApp
  $ onethread start                           api, worker and scheduler in one process, against DATABASE_URL
  $ onethread start --roles worker            one more worker; start as many as you like, on as many machines as you like
  $ onethread start --port 0                  on any free port

Settings come from the environment (docs/settings.md); flags take precedence. Ctrl-C stops it cleanly, a second Ctrl-C immediately.`;

interface Flags {
  readonly roles?: string;
  readonly demo?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
  readonly simulatorPort?: string;
}

export function addStartCommand(program: Command, terminal: Terminal): void {
  program
    .command("start")
    .description("run Onethread until it is stopped")
    .option("--roles <list>", "what this process does: api, worker, scheduler, separated by commas (ONETHREAD_ROLES)")
    .option("--demo", "include a database, a business and a simulator of WhatsApp")
    .option("--port <n>", "port of the API and the webhooks; 0 picks a free one (PORT)", readPort)
    .option("--host <address>", "address to listen on (HOST)")
    .option("--data-dir <path>", "where the demo keeps its data (ONETHREAD_DATA_DIR)")
    .option("--simulator-port <n>", "port of the simulator in the demo (ONETHREAD_SIMULATOR_PORT)", readPort)
    .addHelpText("after", EXAMPLES)
    .action((flags: Flags) => start(flags, terminal));
}

async function start(flags: Flags, terminal: Terminal): Promise<void> {
  const demo = flags.demo === true;
  const { config, log } = readSettings(terminal, {
    purpose: demo ? "demo" : "serve",
    settings: {
      ONETHREAD_ROLES: flags.roles,
      PORT: flags.port,
      HOST: flags.host,
      ONETHREAD_DATA_DIR: flags.dataDir,
      ONETHREAD_SIMULATOR_PORT: flags.simulatorPort,
    },
  });
  terminal.onCrash((error) => {
    log.fatal({ error }, "process.crashed");
  });
  const stopping = awaitStop(terminal);
  try {
    // Loaded here: `--help` and the other commands need none of it.
    const { startOnethread } = await import("../compose/start-onethread.ts");
    const running = await startOnethread({ config, demo, log });
    terminal.print(running.greeting);
    await runUntilStopped(running, { stopping, terminal });
  } finally {
    stopping.forget();
  }
}

interface StopRequest {
  /** Resolves at the first request to stop, also when that came during the start. */
  readonly requested: Promise<StopSignal>;
  forget(): void;
}

function awaitStop(terminal: Terminal): StopRequest {
  const first = Promise.withResolvers<StopSignal>();
  let asked = false;
  const forget = terminal.onStop((signal) => {
    if (asked) terminal.exitNow(EXIT_CODES[signal]);
    asked = true;
    terminal.complain(`Stopping cleanly (${signal}). A second signal stops immediately.`);
    first.resolve(signal);
  });
  return { requested: first.promise, forget };
}

async function runUntilStopped(
  running: RunningOnethread,
  deps: { readonly stopping: StopRequest; readonly terminal: Terminal },
): Promise<void> {
  const ended = running.finished.then(() => "ended" as const);
  const reason = await Promise.race([ended, deps.stopping.requested]);
  if (reason === "ended") throw new CliFailure("Onethread stopped although nobody asked it to: the log says why.");
  const limit = setTimeout(() => {
    deps.terminal.complain(
      `Not everything stopped within ${String(STOP_LIMIT_MS / 1000)} s; the rest is stopped now. Nothing that was acknowledged is lost.`,
    );
    deps.terminal.exitNow(1);
  }, STOP_LIMIT_MS);
  try {
    await running.stop();
    await running.finished;
  } finally {
    clearTimeout(limit);
  }
}

function readPort(text: string): string {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  return text;
}
