// Owns the Graph API's message, number, account and template routes. What it does not emulate ends in the 501 of the server.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { SendAcceptor } from "./accept-send.ts";
import type { Customers } from "./customers.ts";
import { defaultTemplates } from "./default-templates.ts";
import type { MessageTemplate } from "./default-templates.ts";
import type { GraphAnswer, GraphOutcome } from "./graph-answer.ts";
import { badValue, missingParameter, unknownObject } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { MediaEndpoints } from "./media-routes.ts";
import type { BusinessNumber, Settings } from "./settings.ts";
import type { Typing } from "./typing.ts";

export interface GraphParams {
  readonly Params: { readonly version: string; readonly id: string };
  readonly Querystring: Readonly<Record<string, string | undefined>>;
}

export interface GraphDeps {
  readonly settings: Settings;
  readonly customers: Customers;
  readonly typing: Typing;
  readonly acceptor: SendAcceptor;
  readonly graph: GraphAnswer;
  readonly media: MediaEndpoints;
  readonly notEmulated: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const isVersion = (version: string): boolean => /^v\d{1,3}\.\d{1,3}$/.test(version);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function numberNode(number: BusinessNumber): JsonObject {
  return {
    id: number.phoneNumberId,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName ?? "Onethread Simulator",
    quality_rating: "GREEN",
    platform_type: "CLOUD_API",
    throughput: { level: "STANDARD" },
    status: number.status ?? "CONNECTED",
    code_verification_status: "VERIFIED",
    name_status: "APPROVED",
  };
}

/** The fields asked for; `id` is always among them. */
function pickFields(node: JsonObject, fields: string | undefined): JsonObject {
  if (fields === undefined || fields === "") return node;
  const wanted = new Set(["id", ...fields.split(",").map((field) => field.trim())]);
  return Object.fromEntries(Object.entries(node).filter(([key]) => wanted.has(key)));
}

function paged(items: readonly JsonObject[], query: GraphParams["Querystring"], address: string): JsonObject {
  const limit = Math.min(Math.max(Number(query["limit"] ?? 25) || 25, 1), 1000);
  const start = query["after"] === undefined ? 0 : Number(Buffer.from(query["after"], "base64url").toString()) || 0;
  const page = items.slice(start, start + limit);
  const cursor = (position: number): string => Buffer.from(String(position)).toString("base64url");
  const after = cursor(start + page.length);
  const hasMore = start + page.length < items.length;
  return {
    data: page,
    paging: { cursors: { before: cursor(start), after }, ...(hasMore && { next: `${address}?limit=${limit}&after=${after}` }) },
  };
}

const templateNode = ({ id, name, language, status, category, parameter_format, components }: MessageTemplate): JsonObject => ({
  ...{ name, parameter_format, components, language, status, category, id },
});

export function registerGraphRoutes(app: FastifyInstance, deps: GraphDeps): void {
  const { settings, customers, typing, acceptor, graph, media, notEmulated } = deps;
  const findAccount = (id: string): BusinessNumber | undefined => [...settings.numbers.values()].find((number) => number.wabaId === id);

  const markRead = (number: BusinessNumber, body: JsonObject): GraphOutcome => {
    if (body["messaging_product"] !== "whatsapp") return { problem: missingParameter("messaging_product") };
    const messageId = textOf(body["message_id"]);
    if (messageId === undefined) return { problem: missingParameter("message_id") };
    const known = customers.findMessage(messageId);
    if (known?.phoneNumberId !== number.phoneNumberId) {
      return { problem: badValue("Message_id must be a valid WhatsApp Message ID") };
    }
    const indicator = body["typing_indicator"];
    if (indicator === undefined) return { answer: { success: true } };
    if (!isJsonObject(indicator) || indicator["type"] !== "text") return { problem: badValue("typing_indicator['type'] must be text") };
    typing.start(number.phoneNumberId, known.customer, messageId);
    return { answer: { success: true } };
  };

  app.post<GraphParams>("/:version/:id/messages", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const body = isJsonObject(request.body) ? request.body : {};
    const number = settings.numbers.get(id);
    const isRead = body["status"] === "read";
    const to = textOf(body["to"])?.replace(/[+\s()-]/g, "") ?? textOf(body["recipient"]);
    const subject = isRead
      ? ({ path: "read", phoneNumberId: id } as const)
      : ({ path: "messages", phoneNumberId: id, to, type: textOf(body["type"]) ?? "text" } as const);
    return graph.answer({ request, reply }, subject, (rule) => {
      if (number === undefined) return { problem: unknownObject(id, "POST") };
      return isRead ? markRead(number, body) : acceptor.send(number, body, rule);
    });
  });

  app.get<GraphParams>("/:version/:id/message_templates", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "templates" }, () => {
      if (findAccount(id) === undefined) return { problem: unknownObject(id, "GET") };
      const { name, language, status, category } = request.query;
      const matching = defaultTemplates.filter(
        (template) =>
          (name === undefined || template.name.includes(name)) &&
          (language === undefined || template.language === language) &&
          (status === undefined || template.status === status) &&
          (category === undefined || template.category === category),
      );
      const nodes = matching.map((template) => pickFields(templateNode(template), request.query["fields"]));
      return { answer: paged(nodes, request.query, `${request.protocol}://${request.host}${request.url.split("?")[0] ?? ""}`) };
    });
  });

  app.get<GraphParams>("/:version/:id/phone_numbers", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "object" }, () => {
      const owned = [...settings.numbers.values()].filter((number) => number.wabaId === id);
      if (owned.length === 0) return { problem: unknownObject(id, "GET") };
      return { answer: paged(owned.map(numberNode), request.query, request.url.split("?")[0] ?? "") };
    });
  });

  app.get<GraphParams>("/:version/:id", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const found = media.resolve(request, id);
    return graph.answer({ request, reply }, { path: found === undefined ? "object" : "media" }, () => {
      if (found !== undefined) return found;
      const { fields } = request.query;
      const number = settings.numbers.get(id);
      if (number !== undefined) return { answer: pickFields(numberNode(number), fields) };
      const account = findAccount(id);
      if (account !== undefined) {
        const node = {
          id,
          name: account.verifiedName ?? "Onethread Simulator",
          timezone_id: "1",
          message_template_namespace: `namespace_${id}`,
        };
        return { answer: pickFields(node, fields) };
      }
      const template = defaultTemplates.find((candidate) => candidate.id === id);
      return template === undefined ? { problem: unknownObject(id, "GET") } : { answer: pickFields(templateNode(template), fields) };
    });
  });

  app.delete<GraphParams>("/:version/:id", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "media" }, () => media.remove(id));
  });

  app.post<GraphParams>("/:version/:id/media", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "media", phoneNumberId: id }, () => media.upload(request, id));
  });

  app.get<{ Querystring: GraphParams["Querystring"] }>("/whatsapp_business/attachments/", (request, reply) =>
    graph.answer({ request, reply }, { path: "media" }, () => media.download(request.query, request.headers.range)),
  );
}
