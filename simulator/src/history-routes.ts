// Owns the edge message_history of a number: what was sent on it, without recipient and text, for accounts that have it (`messageHistory`). Others get the error of a field that is
// not there. Knows no sending rules.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphAnswer } from "./graph-answer.ts";
import type { GraphNode } from "./graph-nodes.ts";
import { pageOf } from "./graph-nodes.ts";
import { unknownField, unknownObject } from "./graph-problem.ts";
import type { GraphParams } from "./graph-routes.ts";
import type { Outbox, OutboxEntry } from "./outbox.ts";
import type { Settings } from "./settings.ts";

export interface HistoryDeps {
  readonly settings: Settings;
  readonly outbox: Outbox;
  readonly graph: GraphAnswer;
  readonly notEmulated: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

export function registerHistoryRoutes(app: FastifyInstance, { settings, outbox, graph, notEmulated }: HistoryDeps): void {
  app.get<GraphParams>("/:version/:id/message_history", (request, reply) => {
    const { version, id } = request.params;
    if (!/^v\d{1,3}\.\d{1,3}$/.test(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "object" }, () => {
      if (!settings.numbers.has(id)) return { problem: unknownObject(id, "GET") };
      if (!settings.messageHistory) return { problem: unknownField("message_history", "WhatsAppBusinessPhoneNumber") };
      const { message_id: wanted, ...query } = request.query;
      const sent = outbox.list({ phoneNumberId: id }).filter((entry) => wanted === undefined || entry.id === wanted);
      const limit = String(Math.min(Number(query["limit"] ?? 25) || 25, 100));
      const address = `${request.protocol}://${request.host}${request.url.split("?")[0] ?? ""}`;
      // Which fields its events have cannot be chosen here: they come whole.
      return pageOf(sent.map(historyNode), { ...query, limit, fields: undefined }, address);
    });
  });
}

const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1_000);

function historyNode({ id, acceptedAt, statuses }: OutboxEntry, index: number): GraphNode {
  const seen = statuses.map(({ status, at }) => ({ status: status.toUpperCase(), at }));
  const events = [{ status: "ACCEPTED", at: acceptedAt }, ...seen].map(({ status, at }, place) => ({
    id: String(420_000_000_000_000 + index * 10 + place),
    delivery_status: status,
    timestamp: secondsOf(at),
    webhook_update_state: "DELIVERED",
  }));
  return { kind: "WhatsAppMessageHistory", node: { id: String(410_000_000_000_000 + index), message_id: id, events: { data: events } } };
}
