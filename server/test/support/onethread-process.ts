// Owns: one real Onethread process: its start, its log, its end. Refuses to know what runs around it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What global-setup.ts has built: a process of it starts in half the time. */
const BUILT = new URL("../../dist/", import.meta.url);
export const MAIN = fileURLToPath(new URL("main.js", BUILT));
const BREAKABLE = fileURLToPath(new URL("broken-onethread.js", BUILT));

export interface LogLine {
  readonly level?: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface OnethreadProcess {
  readonly url: string;
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** Everything that it wrote, as it came. */
  readonly output: readonly string[];
  /** Resolves with the first line of this event, also when it is there already; rejects when the process ends without it. */
  logged(event: string): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  readonly isRunning: boolean;
  /** The signal or the code with which it ended. */
  readonly exited: Promise<string>;
}

export interface ProcessOptions {
  readonly roles: string;
  readonly env: Readonly<Record<string, string>>;
  /** `point=throw|exit[:nth]|hang:ms`, separated by commas. */
  readonly failPoints?: string;
  /** The system writes no file of it any further than that, as on a disk that is full: what is written of one stays, and the call fails. A multiple of 512. */
  readonly maxFileBytes?: number;
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value));
  } catch {
    // Not one of our log lines: kept as an error, so that no test overlooks it.
  }
  return { level: "error", event: `not a log line: ${text}` };
}

const { PATH = "", NODE_COMPILE_CACHE } = process.env;
/** All that a process of ours gets of the environment of the tests. */
const OUTER_ENVIRONMENT = { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };

/** Resolves when the process is ready. */
export async function startProcess({ roles, env, failPoints, maxFileBytes }: ProcessOptions): Promise<OnethreadProcess> {
  const program = [process.execPath, ...(failPoints === undefined ? [MAIN, "start"] : [BREAKABLE])];
  const [command = "", ...args] =
    maxFileBytes === undefined ? program : ["/bin/sh", "-c", `ulimit -f ${maxFileBytes / 512}; exec "$@"`, "sh", ...program];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...OUTER_ENVIRONMENT,
      PORT: "0",
      LOG_LEVEL: "info",
      ONETHREAD_ROLES: roles,
      ...env,
      TEST_FAIL_POINTS: failPoints ?? "",
    },
  });
  const log: LogLine[] = [];
  const output: string[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  createInterface({ input: child.stdout }).on("line", (text) => output.push(text));
  createInterface({ input: child.stderr }).on("line", (text) => {
    output.push(text);
    const line = parseLine(text);
    log.push(line);
    for (const listener of listeners) listener(line);
  });
  const exited = once(child, "close").then(([code, signal]) => String(signal ?? code));
  const logged = (event: string): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const known = log.find((line) => line.event === event);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const listener = (line: LogLine): void => {
        if (line.event !== event) return;
        listeners.delete(listener);
        resolve(line);
      };
      listeners.add(listener);
      void exited.then((how) => {
        reject(new Error(`the process ended (${how}) before it logged ${event}:\n${output.join("\n")}`));
      });
    });
  const ready = await logged("onethread.ready");
  return {
    url: String(ready["url"]),
    pid: child.pid ?? 0,
    log,
    output,
    logged,
    signal: (signal) => child.kill(signal),
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    exited,
  };
}
