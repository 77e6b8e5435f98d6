// Owns the Graph API's message, number, account and template routes. What it does not emulate ends in the 501 of the server.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { SendAcceptor } from "./accept-send.ts";
import type { Customers } from "./customers.ts";
import type { GraphAnswer, GraphOutcome } from "./graph-answer.ts";
import { accountNode, mediaNode, numberNode, pageOf, pickFields, templateNode } from "./graph-nodes.ts";
import { badValue, missingParameter, unknownObject, unsupportedMethod } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { MediaEndpoints } from "./media-routes.ts";
import { readParameters } from "./request-parameters.ts";
import type { BusinessNumber, Settings } from "./settings.ts";
import { registerTemplateRoutes } from "./template-routes.ts";
import type { TemplateStore } from "./template-store.ts";
import type { Threads } from "./threads.ts";
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
  readonly templates: TemplateStore;
  readonly threads: Threads;
  readonly notEmulated: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const isVersion = (version: string): boolean => /^v\d{1,3}\.\d{1,3}$/.test(version);
/** Names that stand for something at the root of the API: no ids. */
const rootNames: ReadonlySet<string> = new Set(["me", "app", "debug_token", "oauth", "search"]);
const addressOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}${request.url.split("?")[0] ?? ""}`;
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export function registerGraphRoutes(app: FastifyInstance, deps: GraphDeps): void {
  const { settings, customers, typing, acceptor, graph, media, templates, threads, notEmulated } = deps;
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

  app.post<GraphParams>("/:version/:id/messages", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const body = await readParameters(request);
    const number = settings.numbers.get(id);
    const isRead = body["status"] === "read";
    const to = textOf(body["to"])?.replace(/[+\s()-]/g, "") ?? textOf(body["recipient"]);
    const subject = isRead
      ? ({ path: "read", phoneNumberId: id } as const)
      : ({ path: "messages", phoneNumberId: id, to, type: textOf(body["type"]) ?? "text" } as const);
    return graph.answer({ request, reply }, subject, (rule) => {
      if (number === undefined) return { problem: unknownObject(id, "POST") };
      return isRead ? markRead(number, body) : acceptor.send(number, body, { rule, edge: "messages" });
    });
  });

  app.post<GraphParams>("/:version/:id/marketing_messages", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const body = await readParameters(request);
    const number = settings.numbers.get(id);
    const to = textOf(body["to"])?.replace(/[+\s()-]/g, "") ?? textOf(body["recipient"]);
    return graph.answer({ request, reply }, { path: "marketing", phoneNumberId: id, to, type: "template" }, (rule) =>
      number === undefined ? { problem: unknownObject(id, "POST") } : acceptor.send(number, body, { rule, edge: "marketing_messages" }),
    );
  });

  app.post<GraphParams>("/:version/:id/thread_control", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const body = await readParameters(request);
    const to = textOf(body["to"])?.replace(/[+\s()-]/g, "") ?? textOf(body["recipient"]);
    return graph.answer({ request, reply }, { path: "thread", phoneNumberId: id, to, type: textOf(body["action"]) }, () =>
      settings.numbers.has(id) ? threads.control(id, body) : { problem: unknownObject(id, "POST") },
    );
  });

  registerTemplateRoutes(app, { settings, graph, templates, isVersion, addressOf, notEmulated });

  app.get<GraphParams>("/:version/:id/phone_numbers", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "object" }, () => {
      const owned = [...settings.numbers.values()].filter((number) => number.wabaId === id);
      if (owned.length === 0) return { problem: unknownObject(id, "GET") };
      return pageOf(owned.map(numberNode), request.query, addressOf(request));
    });
  });

  app.get<GraphParams>("/:version/:id", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version) || rootNames.has(id)) return notEmulated(request, reply);
    const found = media.resolve(request, id);
    return graph.answer({ request, reply }, { path: found === undefined ? "object" : "media" }, () => {
      const { fields } = request.query;
      if (found !== undefined) return "answer" in found ? pickFields(mediaNode(found.answer), fields) : found;
      const number = settings.numbers.get(id);
      const account = findAccount(id);
      const template = templates.find(id)?.template;
      if (number !== undefined) return pickFields(numberNode(number), fields);
      if (account !== undefined) return pickFields(accountNode(account, settings.marketingMessages), fields);
      return template === undefined ? { problem: unknownObject(id, "GET") } : pickFields(templateNode(template), fields);
    });
  });

  app.delete<GraphParams>("/:version/:id", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path: "media" }, () => media.remove(id));
  });

  app.post<GraphParams>("/:version/:id/media", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const form = await media.readUpload(request);
    return graph.answer({ request, reply }, { path: "media", phoneNumberId: id }, () => media.upload(form, id));
  });

  for (const edge of ["messages", "media", "thread_control"]) {
    app.route<GraphParams>({
      method: ["GET", "PUT", "PATCH", "DELETE"],
      url: `/:version/:id/${edge}`,
      handler: (request, reply) => {
        const { version, id } = request.params;
        if (!isVersion(version)) return notEmulated(request, reply);
        return graph.answer({ request, reply }, { path: "object" }, () => ({
          problem: settings.numbers.has(id) ? unsupportedMethod(request.method) : unknownObject(id, request.method),
        }));
      },
    });
  }

  app.get<{ Querystring: GraphParams["Querystring"] }>("/whatsapp_business/attachments/", (request, reply) =>
    graph.answer({ request, reply }, { path: "media" }, () => media.download(request.query, request.headers.range)),
  );
}
