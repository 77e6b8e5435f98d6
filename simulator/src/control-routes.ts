// Owns the HTTP face of the control API under `/sim`. Every decision is in control.ts.
import type { FastifyInstance } from "fastify";
import type { Control } from "./control.ts";
import { InputError, isJsonObject, readInteger, requireObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { OutboxFilter } from "./outbox.ts";

type Query = Readonly<Record<string, string | undefined>>;

function readNumber(query: Query, key: string): number | undefined {
  const text = query[key];
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new InputError(`"${key}" must be a whole number.`);
  return Number(text);
}

function readOutboxFilter(query: Query): OutboxFilter & { readonly limit: number } {
  const { to, since, phoneNumberId, after } = query;
  const sinceMs = since === undefined ? Number.NaN : /^\d+$/.test(since) ? Number(since) : Date.parse(since);
  if (since !== undefined && Number.isNaN(sinceMs)) throw new InputError('"since" must be an ISO instant or milliseconds since 1970.');
  return {
    limit: readNumber(query, "limit") ?? 10_000,
    ...(to !== undefined && { to }),
    ...(since !== undefined && { since: new Date(sinceMs).toISOString() }),
    ...(phoneNumberId !== undefined && { phoneNumberId }),
    ...(after !== undefined && { after }),
  };
}

const bodyOf = (body: unknown): JsonObject => (body === undefined || body === null ? {} : requireObject(body, "The request body"));

function registerOutboxRoutes(app: FastifyInstance, control: Control): void {
  app.get<{ Querystring: Query }>("/sim/outbox", async (request) => {
    const filter = readOutboxFilter(request.query);
    const { limit, ...unlimited } = filter;
    const atLeast = readNumber(request.query, "atLeast");
    if (atLeast !== undefined) await control.waitForOutbox(unlimited, { atLeast, waitMs: readNumber(request.query, "waitMs") ?? 10_000 });
    const total = control.outboxCount(unlimited);
    if (request.query["count"] === "true") return { total };
    const data = control.outbox(filter);
    return { data, total, ...(total > limit && data.length > 0 && { nextAfter: data.at(-1)?.id }) };
  });
  app.delete("/sim/outbox", () => {
    control.clearOutbox();
    return { data: [], total: 0 };
  });
}

function registerDeliveryRoutes(app: FastifyInstance, control: Control): void {
  app.get<{ Querystring: Query }>("/sim/deliveries", (request) => {
    const { state, messageId } = request.query;
    const limit = readNumber(request.query, "limit");
    const filter = {
      ...(state !== undefined && { state }),
      ...(messageId !== undefined && { messageId }),
      ...(limit !== undefined && { limit }),
    };
    return { data: control.deliveries(filter) };
  });
  app.get<{ Params: { id: string } }>("/sim/deliveries/:id/body", (request, reply) =>
    reply.type("application/json").send(control.deliveryBody(request.params.id)),
  );
  app.post<{ Params: { id: string } }>("/sim/deliveries/:id/redeliver", async (request) => ({
    data: await control.redeliver(request.params.id),
  }));
}

function registerFailureRoutes(app: FastifyInstance, control: Control): void {
  app.post("/sim/failures", (request) => ({ data: control.addFailure(request.body) }));
  app.get("/sim/failures", () => ({ data: control.failures() }));
  app.delete("/sim/failures", () => {
    control.clearFailures();
    return { data: [] };
  });
}

export function registerControlRoutes(app: FastifyInstance, control: Control): void {
  app.post("/sim/inbound", async (request) => ({ data: await control.inbound(requireObject(request.body, "The request body")) }));
  registerOutboxRoutes(app, control);
  registerDeliveryRoutes(app, control);
  registerFailureRoutes(app, control);
  app.post("/sim/status", async (request) => ({ data: await control.status(bodyOf(request.body)) }));
  app.post("/sim/echo", async (request) => ({ data: await control.echo(bodyOf(request.body)) }));
  app.post("/sim/threads", async (request) => ({ data: await control.thread(bodyOf(request.body)) }));
  app.get("/sim/threads", () => ({ data: control.threads() }));
  app.post("/sim/history", async (request) => ({ data: await control.history(bodyOf(request.body)) }));
  app.post("/sim/contacts", async (request) => ({ data: await control.contacts(bodyOf(request.body)) }));
  app.post("/sim/templates", async (request) => ({ data: await control.template(bodyOf(request.body)) }));
  app.get<{ Querystring: Query }>("/sim/templates", (request) => ({ data: control.templates(request.query["wabaId"]) }));
  app.post("/sim/verify", async () => ({ data: await control.verify() }));
  app.get("/sim/config", () => ({ data: control.config() }));
  app.post("/sim/config", (request) => ({ data: control.config(bodyOf(request.body)) }));
  app.post("/sim/clock", (request) => ({ data: control.advanceClock(readInteger(bodyOf(request.body), "advanceMs", { min: 0 }) ?? 0) }));
  app.get("/sim/typing", () => ({ data: control.typing() }));
  app.post("/sim/reset", (request) => {
    const options = isJsonObject(request.body) ? request.body : {};
    control.reset({ customers: options["customers"] === true, templates: options["templates"] === true });
    return { data: control.health() };
  });
  app.get("/sim/health", () => ({ data: control.health() }));
}
