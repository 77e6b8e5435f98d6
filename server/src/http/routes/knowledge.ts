// Owns: the routes of the knowledge base and their schemas. Refuses to know: how texts are read, indexed and searched.
import { z } from "zod";
import { decodeText, encodeCursor } from "../../kernel/cursor.ts";
import { Fault } from "../../kernel/faults.ts";
import type { Businesses } from "../../businesses/businesses.ts";
import type { BusinessId } from "../../kernel/ids.ts";
import type { AddOutcome, KnowledgeBase, KnowledgeSource } from "../../knowledge/knowledge-base.ts";
import { knowledgeTextSchema } from "../../knowledge/knowledge-text.ts";
import { findMediaType } from "../../knowledge/media-types.ts";
import { knowledgeHitSchema } from "../../knowledge/search-knowledge.ts";
import { webAddress } from "../../outside/web-address.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface KnowledgeRoutesDeps {
  readonly knowledge: KnowledgeBase;
  /** Its language is that of the texts that name none. */
  readonly businesses: Businesses;
}

/** Of a request that brings a text: a file in base64 of about 6 MB. */
const BODY_LIMIT = 8 * 1024 * 1024;

const common = {
  title: z.string().min(1).max(500).optional().describe("Names it; the same title replaces the text."),
  language: z.string().max(40).optional().describe('Such as "english", "pt-BR" or "hebrew". Absent: that of the business.'),
};
const sourceSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("text"), ...common, body: z.string().min(1) }),
    z.strictObject({
      kind: z.literal("qa"),
      ...common,
      questions: z.array(z.string().min(1).max(500)).min(1).max(50).describe("Ways to ask; the first one is the title when there is none."),
      answer: z.string().min(1).max(4_096).describe("Sent word for word."),
    }),
    z.strictObject({
      kind: z.literal("file"),
      ...common,
      name: z
        .string()
        .min(1)
        .max(255)
        .describe("With its ending: .txt, .md, .html, .csv (columns question and answer make pairs) or .pdf."),
      content: z.string().min(1).describe("Text, or base64 as `encoding` says. The whole request may have 8 MiB."),
      encoding: z.enum(["text", "base64"]).default("text"),
    }),
    z.strictObject({ kind: z.literal("url"), ...common, url: webAddress }),
  ])
  .meta({ id: "KnowledgeSource" });

const savedSchema = z.object({ id: z.string(), state: z.enum(["ready", "pending"]) }).meta({ id: "SavedKnowledge" });
const knowledgePageSchema = pageSchema("KnowledgePage", knowledgeTextSchema);
const pageQuery = z.object({ cursor: z.string().max(2_000).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) });

type SourceBody = z.output<typeof sourceSchema>;

function sourceOf(body: SourceBody, language: string): KnowledgeSource {
  const shared = { title: body.title, language: body.language ?? language };
  if (body.kind !== "file") return { ...body, ...shared };
  const mediaType = findMediaType(body.name);
  if (mediaType === undefined)
    throw new Fault("bad_request", `name: ${body.name} is of an unknown kind: .txt, .md, .html, .csv and .pdf can be read.`);
  return {
    kind: "file",
    ...shared,
    name: body.name,
    mediaType,
    bytes: Buffer.from(body.content, body.encoding === "text" ? "utf8" : "base64"),
  };
}

function savedOrThrow(outcome: AddOutcome | undefined): { readonly id: string; readonly state: "ready" | "pending" } {
  if (outcome === undefined) throw notFound("text");
  if (outcome.outcome === "refused") throw new Fault("bad_request", outcome.reason);
  if (outcome.outcome === "busy") throw new Fault("unavailable", outcome.reason, { retryAfterSeconds: 30 });
  return { id: outcome.id, state: outcome.state };
}

export function registerKnowledgeRoutes(api: ApiApp, { knowledge, businesses }: KnowledgeRoutesDeps): void {
  const languageOf = async (businessId: BusinessId): Promise<string> => (await businesses.find(businessId))?.language ?? "simple";
  registerReading(api, knowledge);
  const add = {
    operationId: "addKnowledge",
    summary: "Add a text, or replace the one with the same title; pending: it answers as soon as it is indexed",
    body: sourceSchema,
    response: { 201: savedSchema, ...problemAnswers },
  };
  api.post("/knowledge", { schema: add, bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const { businessId } = callerOf(request);
    const source = sourceOf(request.body, request.body.language ?? (await languageOf(businessId)));
    return reply.code(201).send(savedOrThrow(await knowledge.add(businessId, source)));
  });
  const replace = {
    operationId: "replaceKnowledge",
    summary: "Replace a text; the earlier version answers until the new one is indexed",
    params: idParams,
    body: sourceSchema,
    response: { 200: savedSchema, ...problemAnswers },
  };
  api.put("/knowledge/:id", { schema: replace, bodyLimit: BODY_LIMIT }, async (request) => {
    const { businessId } = callerOf(request);
    const id = requireUuid(request.params.id, "text");
    return savedOrThrow(
      await knowledge.replace(businessId, id, sourceOf(request.body, request.body.language ?? (await languageOf(businessId)))),
    );
  });
  const remove = {
    operationId: "removeKnowledge",
    summary: "Remove a text",
    params: idParams,
    response: { 204: z.null(), ...problemAnswers },
  };
  api.delete("/knowledge/:id", { schema: remove }, async (request, reply) => {
    const isKnown = await knowledge.removeText(callerOf(request).businessId, requireUuid(request.params.id, "text"));
    if (!isKnown) throw notFound("text");
    return reply.code(204).send(null);
  });
  const reindex = {
    operationId: "reindexKnowledge",
    summary: "Read a page again and index the text again, in the background",
    params: idParams,
    response: { 202: z.object({ id: z.string() }), ...problemAnswers },
  };
  api.post("/knowledge/:id/reindex", { schema: reindex }, async (request, reply) => {
    const id = requireUuid(request.params.id, "text");
    if ((await knowledge.reindex(callerOf(request).businessId, id)) === 0) throw notFound("text");
    return reply.code(202).send({ id });
  });
}

function registerReading(api: ApiApp, knowledge: KnowledgeBase): void {
  const list = {
    operationId: "listKnowledge",
    summary: "List the texts by title",
    querystring: pageQuery,
    response: { 200: knowledgePageSchema, ...problemAnswers },
  };
  api.get("/knowledge", { schema: list }, async (request) => {
    const { cursor, limit } = request.query;
    const afterTitle = cursor === undefined ? "" : decodeText(cursor);
    const texts = await knowledge.listTexts(callerOf(request).businessId, { afterTitle, limit: limit + 1 });
    const last = texts.length > limit ? texts[limit - 1] : undefined;
    return {
      data: texts.slice(0, limit),
      nextCursor: last === undefined ? null : encodeCursor([last.title]),
    };
  });
  const search = {
    operationId: "searchKnowledge",
    summary: "Search: what would be found for a question, best first",
    querystring: z.object({ q: z.string().min(1).max(2_000), limit: z.coerce.number().int().min(1).max(30).default(10) }),
    response: { 200: z.object({ data: z.array(knowledgeHitSchema).readonly() }), ...problemAnswers },
  };
  api.get("/knowledge/search", { schema: search }, async (request) => {
    const { q, limit } = request.query;
    const hits = await knowledge.search({ businessId: callerOf(request).businessId, text: q, language: "", limit });
    return { data: hits };
  });
  const find = {
    operationId: "findKnowledge",
    summary: "Read one text in full",
    params: idParams,
    response: { 200: knowledgeTextSchema, ...problemAnswers },
  };
  api.get("/knowledge/:id", { schema: find }, async (request) => {
    const text = await knowledge.findText(callerOf(request).businessId, requireUuid(request.params.id, "text"));
    if (text === undefined) throw notFound("text");
    return text;
  });
}
