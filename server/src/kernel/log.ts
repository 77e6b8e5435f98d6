// Owns: the logger. Event names are `area.past-tense` (docs/events.md); never bodies, names or phone numbers: ids and counts.
import { pino, type Logger } from "pino";
import { build as buildPretty } from "pino-pretty";

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

export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "event",
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  if (options.destination !== undefined) return pino(settings, options.destination);
  if (options.pretty !== true) return pino(settings, pino.destination(2));
  return pino(settings, buildPretty({ destination: 2, sync: true, messageKey: "event", colorize: process.stderr.isTTY }));
}
