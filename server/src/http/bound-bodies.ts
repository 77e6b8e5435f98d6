// Owns: how much of the bodies of unanswered requests is held at once in this process, and that a body that stands still is given up. Refuses to
// know: what the bodies are, who sends them.
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { Fault } from "../kernel/faults.ts";

export interface BodyLimits {
  /** Of all bodies together, without the first bytes of each. */
  readonly maxBytes: number;
  /** How often a body has to have grown. */
  readonly windowMs?: number;
}

/** Always let in, so that bodies that hold all the room keep no ordinary webhook out. Connections are counted by whoever accepts them. */
const FREE_BYTES = 16 * 1024;
const WINDOW_MS = 10_000;
/** 500 bytes a second: what a bad mobile network still does. */
const MIN_BYTES_PER_WINDOW = 5_000;

interface Waiting {
  bytes: number;
  /** At the beginning of this window; undefined: it came in the middle of it. */
  bytesBefore: number | undefined;
}

/** Belongs to the app before its routes: a body counts from its first byte until its request is answered or gone. */
export function boundBodies(app: FastifyInstance, { maxBytes, windowMs = WINDOW_MS }: BodyLimits): void {
  const waiting = new Map<IncomingMessage, Waiting>();
  let held = 0;
  const heldOf = ({ bytes }: Waiting): number => Math.max(0, bytes - FREE_BYTES);

  // No stream in between: the listener stands beside the parser's, which is set up in the same turn of the event loop, and copies nothing.
  // eslint-disable-next-line max-params -- Fastify's own form; an async hook would let bytes pass before the parser listens
  app.addHook("preParsing", (request, reply, payload, done) => {
    const { raw } = request;
    if (raw.headers["content-length"] === undefined && raw.headers["transfer-encoding"] === undefined) {
      done(null, payload);
      return;
    }
    const body: Waiting = { bytes: 0, bytesBefore: undefined };
    waiting.set(raw, body);
    const count = (chunk: Buffer): void => {
      held -= heldOf(body);
      body.bytes += chunk.length;
      held += heldOf(body);
      // It was refused for another reason (its type, its size): what still comes is kept by nobody.
      const isRead = raw.listenerCount("error") > 0;
      if (isRead && (held <= maxBytes || heldOf(body) === 0)) return;
      raw.off("data", count);
      if (!isRead) return;
      // The parser takes it for the end of the body, and the error handler for what it is.
      raw.emit("error", noRoom());
    };
    raw.on("data", count);
    reply.raw.once("close", () => {
      raw.off("data", count);
      held -= heldOf(body);
      waiting.delete(raw);
    });
    done(null, payload);
  });

  const watch = setInterval(() => {
    for (const [raw, body] of waiting) {
      if (raw.complete) continue;
      // In its first window a body was not there from the beginning.
      if (body.bytesBefore !== undefined && body.bytes - body.bytesBefore < MIN_BYTES_PER_WINDOW) raw.destroy();
      body.bytesBefore = body.bytes;
    }
  }, windowMs).unref();
  app.addHook("onClose", () => {
    clearInterval(watch);
  });
}

function noRoom(): Fault {
  const sentence = "Too many bodies wait to be answered at the moment. Nothing of this one was kept; send it again.";
  return new Fault("unavailable", sentence, { retryAfterSeconds: 2 });
}
