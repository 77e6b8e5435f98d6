// Owns: the logger. Event names are `area.past-tense` (docs/events.md); never bodies, names or phone numbers: ids and counts.
import { isatty } from "node:tty";
import { pino, type Logger } from "pino";
import { prettyFactory } from "pino-pretty";
import { messageOf } from "./faults.ts";
import { standardError } from "./standard-error.ts";

export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "level"> & {
  child(bindings: Record<string, unknown>): Log;
};

export interface LogOptions {
  readonly level: string;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Instead of standard error. */
  readonly destination?: NodeJS.WritableStream;
}

const MAX_CAUSES = 5;

/**
 * What may be logged of an error. PostgreSQL puts rows and parameters into `detail`, `where`, `hint` and `internalQuery`, libraries put requests into
 * properties of their own: none of them is written, and what a message of PostgreSQL quotes of its input is left out.
 */
function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === "object" && error !== null ? { type: "Object" } : error;
  const fields = new Map<string, unknown>(Object.entries(error));
  const message = messageOf(error);
  const known = ["code", "constraint", "schema", "table", "column", "syscall", "statusCode"].flatMap((name) =>
    ["string", "number"].includes(typeof fields.get(name)) ? [[name, fields.get(name)] as const] : [],
  );
  const causes = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return {
    type: error.name,
    message,
    stack: error.stack?.replace(error.message, () => message),
    ...Object.fromEntries(known),
    ...(causes.length > 0 && depth < MAX_CAUSES
      ? { causes: causes.slice(0, MAX_CAUSES).map((cause) => loggedError(cause, depth + 1)) }
      : {}),
  };
}

export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "event",
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: loggedError },
  };
  if (options.destination !== undefined) return pino(settings, options.destination);
  const output = standardError();
  const log = pino(settings, options.pretty === true ? prettyLines(output) : output);
  output.onDropped((lines) => {
    log.error({ lines }, "log.lines-dropped");
  });
  return log;
}

function prettyLines(output: { write(lines: string): void }): typeof output {
  const prettify = prettyFactory({ messageKey: "event", colorize: isatty(2) });
  return {
    write(line) {
      output.write(prettify(line));
    },
  };
}
