// Owns: what a command may touch of the world around the process: output, environment, signals. Refuses to know any command.
import { text } from "node:stream/consumers";
import { readEnvironment, type Environment } from "../config/config.ts";
import { standardError } from "../kernel/standard-error.ts";

export type StopSignal = "SIGINT" | "SIGTERM";

export interface Terminal {
  readonly environment: Environment;
  /** A person is watching standard output. */
  readonly isWatched: boolean;
  /** On standard output: the result of a command. */
  print(lines: string): void;
  /** On standard error: progress, warnings, and why something failed. */
  complain(lines: string): void;
  /** All of standard input, without the blanks around it. */
  readInput(): Promise<string>;
  /** Calls `listener` at every request to stop; the answer takes the listener away. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Calls `listener` with what nobody has caught; then the process ends with 1. Without it Node writes all that an error holds, rows of the database too. */
  onCrash(listener: (error: unknown) => void): void;
  exitNow(code: number): never;
}

const PARENT_CHECK_MS = 500;

/**
 * npm runs us through a shell that does not pass signals on: whoever ends `npm start` ends npm and the shell, and would leave us behind.
 * Only then do we have a new parent.
 */
function watchParent(onGone: () => void): NodeJS.Timeout | undefined {
  if (readEnvironment()["npm_lifecycle_event"] === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, PARENT_CHECK_MS);
  return watch.unref();
}

export function createProcessTerminal(): Terminal {
  return {
    environment: readEnvironment(),
    isWatched: process.stdout.isTTY && readEnvironment()["NO_COLOR"] === undefined,
    print(lines) {
      process.stdout.write(`${lines}\n`);
    },
    complain(lines) {
      standardError().write(`${lines}\n`);
    },
    readInput: async () => (await text(process.stdin)).trim(),
    onStop(listener) {
      process.on("SIGINT", listener);
      process.on("SIGTERM", listener);
      const watch = watchParent(() => {
        listener("SIGTERM");
      });
      return () => {
        clearInterval(watch);
        process.off("SIGINT", listener);
        process.off("SIGTERM", listener);
      };
    },
    onCrash(listener) {
      process.once("uncaughtException", (error) => {
        process.exitCode = 1;
        listener(error);
        process.exit();
      });
    },
    exitNow: (code) => process.exit(code),
  };
}
