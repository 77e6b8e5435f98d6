// Owns: the logger. Event names are `area.past-tense` (docs/events.md); never bodies, names or phone numbers: ids and counts.
import { pino, type Logger } from "pino";

export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "level"> & {
  child(bindings: Record<string, unknown>): Log;
};

export interface LogOptions {
  readonly level: string;
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
  return options.destination === undefined ? pino(settings, pino.destination(2)) : pino(settings, options.destination);
}
