// Owns what every gateway's double does with a send: refuses it as it was told to, keeps it, answers, and reports its fate afterwards. Knows no gateway.
import type { FastifyReply } from "fastify";
import type { JsonObject } from "../json-object.ts";
import type { GatewaySend, GatewaySimulator } from "./gateway-server.ts";
import { newMessageId } from "./gateway-server.ts";

/** What a gateway makes of a send that it takes. */
export interface Acceptance {
  readonly answer: JsonObject;
  /** Sends the webhooks about it; begun after the answer. */
  readonly report: () => Promise<void>;
}

export interface GatewaySends extends Pick<GatewaySimulator, "failSends" | "outbox" | "settled"> {
  readonly accept: (
    request: Pick<GatewaySend, "body" | "operation" | "to">,
    reply: FastifyReply,
    take: (send: GatewaySend) => Acceptance | Promise<Acceptance>,
  ) => Promise<unknown>;
}

/** `refusalOf`: how this gateway says that it refuses, unless the test says how. */
export function createGatewaySends(refusalOf: (status: number) => JsonObject): GatewaySends {
  const sends: GatewaySend[] = [];
  const failures: ({ readonly status: number; readonly body?: JsonObject } | "drop")[] = [];
  const running = new Set<Promise<unknown>>();

  const reportLater = (report: Acceptance["report"]): void => {
    const work = new Promise((resolve) => setImmediate(resolve)).then(report);
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  return {
    outbox: () => sends,
    failSends: (...answers) => void failures.push(...answers),
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
    async accept(request, reply, take) {
      const failure = failures.shift();
      if (failure !== undefined && failure !== "drop") return reply.status(failure.status).send(failure.body ?? refusalOf(failure.status));
      const send = { id: newMessageId(), ...request, acceptedAt: new Date().toISOString() };
      sends.push(send);
      const { answer, report } = await take(send);
      reportLater(report);
      return failure === "drop" ? reply.hijack().raw.destroy() : reply.status(201).send(answer);
    },
  };
}
