// Owns: how much of the bodies of unanswered requests is held at once in this process, and that a stalled body is given up. Refuses to
// know: what the bodies are, who sends them.
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { Fault } from "../kernel/faults.ts";
import type { Connection } from "./connections.ts";

export interface BodyLimits {
  /** Of all bodies together, without the first bytes of each. */
  readonly maxBytes: number;
  /** How often a body has to have grown. */
  readonly windowMs?: number;
  /** Calls `look` once a window until what it answers is called. Absent: by the clock. */
  readonly everyWindow?: (look: () => void, windowMs: number) => () => void;
}

/** Always let in, so that bodies that hold all the room keep no ordinary webhook out. Connections are counted by whoever accepts them. */
const FREE_BYTES = 16 * 1024;
const WINDOW_MS = 10_000;
/** However fast it comes: a body that is held has to be whole by then. */
const WHOLE_WITHIN_MS = 60_000;
/** 500 bytes a second: what a bad mobile network still does. */
const MIN_BYTES_PER_WINDOW = 5_000;

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route reads its body a piece at a time, and holds none of it: it is bound by its pace alone. */
    streamsBody?: boolean;
  }
}

/** Register before the routes of the app: a body counts from its first byte until its request is answered or gone. */
export function boundBodies(app: FastifyInstance, limits: BodyLimits & ConnectionSource): void {
  let held = 0;
  const streamed = new WeakSet<IncomingMessage>();

  // No stream in between: the listener is beside the parser's, which is set up in the same turn of the event loop, and copies nothing.
  // oxlint-disable-next-line max-params -- Fastify's own form; an async hook would let bytes pass before the parser listens
  app.addHook("preParsing", (request, reply, payload, done) => {
    const { raw } = request;
    if (request.routeOptions.config.streamsBody === true) streamed.add(raw);
    else if (mayBeLarge(raw)) {
      let bytes = 0;
      const ofThis = (): number => Math.max(0, bytes - FREE_BYTES);
      const count = (chunk: Buffer): void => {
        held -= ofThis();
        bytes += chunk.length;
        held += ofThis();
        // It was refused for another reason (its type, its size): what still arrives is not kept.
        const isRead = raw.listenerCount("error") > 0;
        if (isRead && (held <= limits.maxBytes || ofThis() === 0)) return;
        raw.off("data", count);
        if (!isRead) return;
        // The parser takes it for the end of the body, and the error handler for what it is.
        raw.emit("error", noRoom());
      };
      raw.on("data", count);
      reply.raw.once("close", () => {
        raw.off("data", count);
        held -= ofThis();
      });
    }
    done(null, payload);
  });
  endStalledBodies(app, { ...limits, isStreamed: (message) => streamed.has(message) });
}

/** Most webhooks are smaller than what is let in anyway, and Node holds a body to the length that it has announced. */
function mayBeLarge({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > FREE_BYTES;
}

interface Progress {
  readonly bytes: number;
  readonly windows: number;
}

interface ConnectionSource {
  readonly connections: () => Iterable<Connection>;
}

function endStalledBodies(
  app: FastifyInstance,
  {
    windowMs = WINDOW_MS,
    everyWindow = byTheClock,
    connections,
    isStreamed,
  }: ConnectionSource & Omit<BodyLimits, "maxBytes"> & { readonly isStreamed: (message: IncomingMessage) => boolean },
): void {
  let before = new Map<IncomingMessage, Progress>();
  const stop = everyWindow(() => {
    const unfinished = new Map<IncomingMessage, Progress>();
    for (const { socket, latest } of connections()) {
      if (latest === undefined || latest.complete) continue;
      // In its first window a body was not there from the beginning.
      const { bytes, windows } = before.get(latest) ?? { bytes: -Infinity, windows: 0 };
      const isLate = windows * windowMs >= WHOLE_WITHIN_MS && !isStreamed(latest);
      if (isLate || socket.bytesRead - bytes < MIN_BYTES_PER_WINDOW) socket.destroy();
      else unfinished.set(latest, { bytes: socket.bytesRead, windows: windows + 1 });
    }
    before = unfinished;
  }, windowMs);
  app.addHook("onClose", () => {
    stop();
  });
}

function byTheClock(look: () => void, windowMs: number): () => void {
  const watch = setInterval(look, windowMs).unref();
  return () => {
    clearInterval(watch);
  };
}

function noRoom(): Fault {
  const sentence = "Too many bodies wait to be answered at the moment. Nothing of this one was kept; send it again.";
  return new Fault("unavailable", sentence, { retryAfterSeconds: 2 });
}
