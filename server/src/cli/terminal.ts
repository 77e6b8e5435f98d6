// Owns: what a command may touch of the world around the process: output, environment, signals. Refuses to know any command.
import { readEnvironment, type Environment } from "../config.ts";

export type StopSignal = "SIGINT" | "SIGTERM";

export interface Terminal {
  readonly environment: Environment;
  /** A person is watching standard output. */
  readonly isWatched: boolean;
  /** One line, or several, on standard output: the result of a command. */
  print(text: string): void;
  /** One line, or several, on standard error: progress, warnings, and why something failed. */
  complain(text: string): void;
  /** Calls `listener` at every request to stop; the answer takes the listener away. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  exitNow(code: number): never;
}

export function createProcessTerminal(): Terminal {
  return {
    environment: readEnvironment(),
    isWatched: process.stdout.isTTY && readEnvironment()["NO_COLOR"] === undefined,
    print(text) {
      process.stdout.write(`${text}\n`);
    },
    complain(text) {
      process.stderr.write(`${text}\n`);
    },
    onStop(listener) {
      process.on("SIGINT", listener);
      process.on("SIGTERM", listener);
      return () => {
        process.off("SIGINT", listener);
        process.off("SIGTERM", listener);
      };
    },
    exitNow: (code) => process.exit(code),
  };
}
