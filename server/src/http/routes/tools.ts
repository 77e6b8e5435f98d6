// Owns: the routes of tools: those that a business defines, their calls, and the approval of calls by people; what is known of a customer.
import { z } from "zod";
import type { CustomerFacts } from "../../conversations/customer-facts.ts";
import { Fault } from "../../kernel/faults.ts";

import { newToolSchema, toolSchema, type BusinessTool, type BusinessTools, type SaveOutcome } from "../../tools/business-tools.ts";
import { CALL_STATES, toolCallSchema, type DecideOutcome, type ToolCalls, type ToolCallView } from "../../tools/tool-calls.ts";
import type { TryOutcome, TryTool } from "../../tools/try-tool.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

const toolPageSchema = pageSchema("ToolPage", toolSchema);
const toolCallPageSchema = pageSchema("ToolCallPage", toolCallSchema);
const tryBodySchema = z.object({
  arguments: z.record(z.string(), z.unknown()).default({}),
  serverTool: z.string().max(200).optional().describe("Of an MCP server: which of its tools; absent: they are listed."),
});
const tryAnswerSchema = z
  .object({
    outcome: z.enum(["done", "failed", "unknown"]).describe("unknown: it left, and nobody knows what became of it."),
    result: z.unknown().describe("Any JSON."),
    error: z.string().nullable(),
    ms: z.int(),
  })
  .meta({ id: "ToolTest" });
const factsSchema = z.object({ facts: z.record(z.string(), z.string()) }).meta({ id: "CustomerFacts" });
const factsPatchSchema = z.object({ facts: z.record(z.string(), z.string().nullable()) });

export interface ToolRoutesDeps {
  readonly businessTools: BusinessTools;
  readonly toolCalls: ToolCalls;
  readonly tryTool: TryTool;
  readonly customerFacts: CustomerFacts;
}

export function registerToolRoutes(api: ApiApp, deps: ToolRoutesDeps): void {
  registerTools(api, deps);
  registerChanges(api, deps);
  registerTry(api, deps);
  registerCalls(api, deps);
  registerDecision(api, deps, "approve");
  registerDecision(api, deps, "deny");
  registerFacts(api, deps);
}

function registerTools(api: ApiApp, { businessTools: tools }: ToolRoutesDeps): void {
  const listSchema = {
    operationId: "listTools",
    summary: "List the tools that the business has defined; at most 50, by name",
    response: { 200: toolPageSchema, ...problemAnswers },
  };
  api.get("/tools", { schema: listSchema }, async (request) => ({
    data: await tools.list(callerOf(request).businessId),
    nextCursor: null,
  }));
  const getSchema = {
    operationId: "getTool",
    summary: "Read a tool",
    params: idParams,
    response: { 200: toolSchema, ...problemAnswers },
  };
  api.get("/tools/:id", { schema: getSchema }, async (request) => {
    const tool = await tools.find(callerOf(request).businessId, requireUuid(request.params.id, "tool"));
    if (tool === undefined) throw notFound("tool");
    return tool;
  });
}

function registerChanges(api: ApiApp, { businessTools: tools }: ToolRoutesDeps): void {
  const createSchema = {
    operationId: "createTool",
    summary: "Define a tool that the model may call",
    body: newToolSchema,
    response: { 201: toolSchema, ...problemAnswers },
  };
  api.post("/tools", { schema: createSchema }, async (request, reply) =>
    reply.code(201).send(savedOrThrow(await tools.add(callerOf(request).businessId, request.body))),
  );
  const replaceSchema = {
    operationId: "replaceTool",
    summary: "Replace a tool as a whole",
    params: idParams,
    body: newToolSchema,
    response: { 200: toolSchema, ...problemAnswers },
  };
  api.put("/tools/:id", { schema: replaceSchema }, async (request) =>
    savedOrThrow(await tools.replace(callerOf(request).businessId, requireUuid(request.params.id, "tool"), request.body)),
  );
  const removeSchema = {
    operationId: "removeTool",
    summary: "Remove a tool; its calls stay recorded",
    params: idParams,
    response: { 204: z.null().describe("Removed."), ...problemAnswers },
  };
  api.delete("/tools/:id", { schema: removeSchema }, async (request, reply) => {
    const isRemoved = await tools.remove(callerOf(request).businessId, requireUuid(request.params.id, "tool"));
    if (!isRemoved) throw notFound("tool");
    return reply.code(204).send(null);
  });
}

function savedOrThrow(saved: SaveOutcome): BusinessTool {
  switch (saved.outcome) {
    case "saved":
      return saved.tool;
    case "not_found":
      throw notFound("tool");
    case "name_taken":
      throw new Fault("tool_name_taken", "Another tool of this business has this name. Nothing was changed; choose another name.");
    case "invalid":
      throw new Fault("bad_request", `The tool was not saved. ${saved.problems.join("; ")}.`);
  }
}

function registerTry(api: ApiApp, { tryTool }: ToolRoutesDeps): void {
  const schema = {
    operationId: "testTool",
    summary: "Really call a tool, marked as a test; nothing is recorded in a conversation, and no approval is asked for",
    params: idParams,
    body: tryBodySchema,
    response: { 200: tryAnswerSchema, ...problemAnswers },
  };
  api.post("/tools/:id/test", { schema }, async (request) => {
    const outcome = await tryTool({
      businessId: callerOf(request).businessId,
      toolId: requireUuid(request.params.id, "tool"),
      args: request.body.arguments,
      serverTool: request.body.serverTool,
    });
    return triedOrThrow(outcome);
  });
}

function triedOrThrow(outcome: TryOutcome): z.input<typeof tryAnswerSchema> {
  switch (outcome.outcome) {
    case "not_found":
      throw notFound("tool");
    case "invalid_arguments":
      throw new Fault("bad_request", `The tool was not called: its arguments are not valid. ${outcome.problems.join("; ")}.`);
    case "done":
      return { ...outcome, error: null };
    case "failed":
    case "unknown":
      return outcome;
  }
}

function registerCalls(api: ApiApp, { toolCalls }: ToolRoutesDeps): void {
  const listSchema = {
    operationId: "listToolCalls",
    summary: "List the calls of tools, the newest first",
    querystring: pageQuery.extend({ conversationId: z.guid().optional(), state: z.enum(CALL_STATES).optional() }),
    response: { 200: toolCallPageSchema, ...problemAnswers },
  };
  api.get("/tool-calls", { schema: listSchema }, (request) => toolCalls.list(callerOf(request).businessId, request.query));
  const getSchema = {
    operationId: "getToolCall",
    summary: "Read a call of a tool",
    params: idParams,
    response: { 200: toolCallSchema, ...problemAnswers },
  };
  api.get("/tool-calls/:id", { schema: getSchema }, async (request) => {
    const call = await toolCalls.find(callerOf(request).businessId, requireUuid(request.params.id, "tool call"));
    if (call === undefined) throw notFound("tool call");
    return call;
  });
}

const DECISIONS = {
  approve: { decision: "approved", summary: "Let a waiting call be made; the reply continues at once" },
  deny: { decision: "denied", summary: "Refuse a waiting call; the reply continues without it" },
} as const;

function registerDecision(api: ApiApp, { toolCalls }: ToolRoutesDeps, verb: keyof typeof DECISIONS): void {
  const { decision, summary } = DECISIONS[verb];
  const response = { 200: toolCallSchema, ...problemAnswers };
  const schema = { operationId: `${verb}ToolCall`, summary, params: idParams, response };
  api.post(`/tool-calls/:id/${verb}`, { schema }, async (request) => {
    const { businessId, apiKeyId } = callerOf(request);
    const callId = requireUuid(request.params.id, "tool call");
    return decidedOrThrow(await toolCalls.decide({ businessId, callId, decision, apiKeyId, by: "api" }));
  });
}

function decidedOrThrow(outcome: DecideOutcome): ToolCallView {
  switch (outcome.outcome) {
    case "decided":
      return outcome.call;
    case "not_found":
      throw notFound("tool call");
    case "decided_otherwise":
      throw new Fault("tool_call_decided", `Somebody already ${outcome.decided} this call. That decision stands; nothing was changed.`);
    case "not_waiting":
      throw new Fault("tool_call_decided", "This call needed no approval and was made. Nothing was changed.");
    case "over":
      throw new Fault("tool_call_over", "The customer has already been answered, so this call will not be made. Nothing was changed.");
  }
}

function registerFacts(api: ApiApp, { customerFacts }: ToolRoutesDeps): void {
  const getSchema = {
    operationId: "getCustomerFacts",
    summary: "Read what is known about the customer",
    params: idParams,
    response: { 200: factsSchema, ...problemAnswers },
  };
  api.get("/conversations/:id/facts", { schema: getSchema }, async (request) => {
    const facts = await customerFacts.read(callerOf(request).businessId, requireUuid(request.params.id, "conversation"));
    if (facts === undefined) throw notFound("conversation");
    return { facts };
  });
  const patchSchema = {
    operationId: "changeCustomerFacts",
    summary: "Change what is known about the customer: null removes a fact, and facts that are not named stay",
    params: idParams,
    body: factsPatchSchema,
    response: { 200: factsSchema, ...problemAnswers },
  };
  api.patch("/conversations/:id/facts", { schema: patchSchema }, async (request) => {
    const { businessId } = callerOf(request);
    const conversationId = requireUuid(request.params.id, "conversation");
    const changed = await customerFacts.change({ businessId, conversationId, patch: request.body.facts, by: "api" });
    if (changed.outcome === "not_found") throw notFound("conversation");
    if (changed.outcome === "refused") throw new Fault("bad_request", `Nothing was changed: ${changed.problem}.`);
    return { facts: changed.facts };
  });
}
