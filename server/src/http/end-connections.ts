// Owns: that closing takes seconds, whatever the other sides do: which connections are ended at once, and which requests may still finish.
// Refuses to know: what is asked for.
import type { FastifyInstance } from "fastify";
import type { Connection } from "./connections.ts";

const SWEEP_MS = 50;
/** For the rest of a body that was still on its way. Nothing of it was acknowledged: whoever sends it sends it again. */
const BODY_MS = 1_000;
/** For requests that are being worked on. */
const GRACE_MS = 4_000;

export interface ClosingLimits {
  readonly connections: () => Iterable<Connection>;
  readonly bodyMs?: number;
  readonly graceMs?: number;
}

/**
 * Closing waits for every connection, and four kinds would hold it up: one that was opened in advance and never used, which Node counts as busy (it
 * guards against slow headers); one whose last answer was on its way just when the idle ones were closed; one that stopped in the middle of a
 * request; and one whose request takes too long. More may come until nobody listens.
 */
export function endConnectionsOnClose(app: FastifyInstance, { connections, bodyMs = BODY_MS, graceMs = GRACE_MS }: ClosingLimits): void {
  app.addHook("preClose", (done) => {
    const startedAt = performance.now();
    const spare = new Set<Connection>();
    const sweep = setInterval(endSpare, SWEEP_MS);
    function endSpare(): void {
      const afterMs = performance.now() - startedAt;
      app.server.closeIdleConnections();
      if (afterMs >= graceMs) app.server.closeAllConnections();
      for (const connection of connections()) {
        const { socket, latest } = connection;
        const isUnfinished = latest?.complete === false && afterMs >= bodyMs;
        // Seen twice without a request: none was on its way.
        if (isUnfinished || (latest === undefined && spare.has(connection))) socket.destroy();
        else if (latest === undefined) spare.add(connection);
      }
    }
    endSpare();
    app.server.once("close", () => {
      clearInterval(sweep);
    });
    done();
  });
}
