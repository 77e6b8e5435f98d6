// Owns: a terminal for tests of the command line: nothing is shown, everything can be asked for.
import type { StopSignal, Terminal } from "../../src/cli/terminal.ts";

export interface RecordingTerminal extends Terminal {
  readonly printed: readonly string[];
  readonly complained: readonly string[];
  /** What a person does with Ctrl-C. */
  interrupt(signal: StopSignal): void;
  /** Resolves when a printed line contains this. */
  awaitPrinted(wanted: string): Promise<string>;
}

/** How `exitNow` ends a test instead of the process. */
export class ExitedNow extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exited now with ${String(exitCode)}`);
    this.exitCode = exitCode;
  }
}

export function createRecordingTerminal(environment: Readonly<Record<string, string>> = {}, input = ""): RecordingTerminal {
  const printed: string[] = [];
  const complained: string[] = [];
  const listeners = new Set<(signal: StopSignal) => void>();
  const waiting: { readonly wanted: string; readonly found: (text: string) => void }[] = [];
  return {
    environment: { LOG_LEVEL: "silent", ...environment },
    isWatched: false,
    printed,
    complained,
    print(text) {
      printed.push(text);
      for (const { wanted, found } of waiting) if (text.includes(wanted)) found(text);
    },
    complain: (text) => complained.push(text),
    readInput: () => Promise.resolve(input),
    onStop(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // What nobody catches in a test is the test's failure.
    onCrash: () => undefined,
    exitNow(code) {
      throw new ExitedNow(code);
    },
    interrupt(signal) {
      for (const listener of listeners) listener(signal);
    },
    awaitPrinted(wanted) {
      const seen = printed.find((text) => text.includes(wanted));
      return seen === undefined ? new Promise((found) => waiting.push({ wanted, found })) : Promise.resolve(seen);
    },
  };
}
