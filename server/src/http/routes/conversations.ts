// Owns: the conversation routes of the API: lists, one conversation, its thread, and what people decide about it.
import { z } from "zod";
import type { ConversationReader } from "../../conversations/read-conversations.ts";
import { conversationSchema, type ConversationView } from "../../conversations/conversation-view.ts";
import { messageSchema } from "../../conversations/message-view.ts";
import type { SetConversationState, StateChange } from "../../conversations/set-conversation-state.ts";
import { turnSchema } from "../../conversations/turn-view.ts";
import type { BusinessId } from "../../kernel/ids.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { callerOf } from "../authenticate.ts";

export interface ConversationRoutesDeps {
  readonly conversations: ConversationReader;
  readonly setConversationState: SetConversationState;
}

const conversationPageSchema = pageSchema("ConversationPage", conversationSchema);
const messagePageSchema = pageSchema("MessagePage", messageSchema);
const turnPageSchema = pageSchema("TurnPage", turnSchema);

const listQuery = pageQuery.extend({
  open: z.enum(["true", "false"]).optional(),
  channelId: z.guid().optional(),
  q: z
    .string()
    .transform(cleanString)
    .pipe(z.string().trim().min(1).max(200))
    .optional()
    .describe(
      "The beginning of a word of the contact's name or user name, or of what they are called in the business's address book, whatever its case and accents; or a phone number, or from 4 digits of it: its end, its beginning, or as it is written within its country. Up to 9 digits are looked for anywhere in numbers when nothing else is found.",
    ),
});
const threadQuery = pageQuery.extend({ order: z.enum(["asc", "desc"]).default("desc").describe("desc: the newest first.") });
const turnQuery = pageQuery.extend({ conversationId: z.string() });
const pauseBody = z.object({ reason: z.string().trim().min(1).max(200).transform(cleanString).default("api") }).nullish();

export function registerConversationRoutes(api: ApiApp, deps: ConversationRoutesDeps): void {
  registerReads(api, deps);
  registerThread(api, deps);
  registerPause(api, deps);
  registerChange(api, deps, "resume");
  registerChange(api, deps, "close");
  registerChange(api, deps, "open");
}

function registerReads(api: ApiApp, { conversations }: ConversationRoutesDeps): void {
  const listSchema = {
    operationId: "listConversations",
    summary: "List conversations, the most recent first",
    querystring: listQuery,
    response: { 200: conversationPageSchema, ...problemAnswers },
  };
  api.get("/conversations", { schema: listSchema }, (request) => {
    const { limit, cursor, open, channelId, q } = request.query;
    return conversations.list(callerOf(request).businessId, {
      limit,
      cursor,
      channelId,
      q,
      ...(open === undefined ? {} : { open: open === "true" }),
    });
  });
  const findSchema = {
    operationId: "getConversation",
    summary: "Read a conversation; the id of a merged one returns its winner",
    params: idParams,
    response: { 200: conversationSchema, ...problemAnswers },
  };
  api.get("/conversations/:id", { schema: findSchema }, (request) =>
    getConversation(conversations, callerOf(request).businessId, request.params.id),
  );
}

async function getConversation(conversations: ConversationReader, businessId: BusinessId, id: string): Promise<ConversationView> {
  const conversation = await conversations.find(businessId, requireUuid(id, "conversation"));
  if (conversation === undefined) throw notFound("conversation");
  return conversation;
}

function registerThread(api: ApiApp, { conversations }: ConversationRoutesDeps): void {
  const threadSchema = {
    operationId: "listMessages",
    summary: "Read the thread; edits, revokes and reactions are shown with their message",
    params: idParams,
    querystring: threadQuery,
    response: { 200: messagePageSchema, ...problemAnswers },
  };
  api.get("/conversations/:id/messages", { schema: threadSchema }, async (request) => {
    const id = requireUuid(request.params.id, "conversation");
    const page = await conversations.listMessages(callerOf(request).businessId, id, request.query);
    if (page === undefined) throw notFound("conversation");
    return page;
  });
  const messageRoute = {
    operationId: "getMessage",
    summary: "Read a message",
    params: idParams,
    response: { 200: messageSchema, ...problemAnswers },
  };
  api.get("/messages/:id", { schema: messageRoute }, async (request) => {
    const message = await conversations.findMessage(callerOf(request).businessId, requireUuid(request.params.id, "message"));
    if (message === undefined) throw notFound("message");
    return message;
  });
  const turnsSchema = {
    operationId: "listTurns",
    summary: "List the turns of a conversation, the newest first",
    querystring: turnQuery,
    response: { 200: turnPageSchema, ...problemAnswers },
  };
  api.get("/turns", { schema: turnsSchema }, async (request) => {
    const id = requireUuid(request.query.conversationId, "conversation");
    const page = await conversations.listTurns(callerOf(request).businessId, id, request.query);
    if (page === undefined) throw notFound("conversation");
    return page;
  });
}

function registerPause(api: ApiApp, deps: ConversationRoutesDeps): void {
  const schema = {
    operationId: "pauseConversation",
    summary: "Silence the AI: a person answers",
    params: idParams,
    body: pauseBody,
    response: { 200: conversationSchema, ...problemAnswers },
  };
  api.post("/conversations/:id/pause", { schema }, (request) => {
    const { businessId } = callerOf(request);
    return change(deps, { businessId, id: request.params.id, to: { change: "pause", reason: request.body?.reason ?? "api" } });
  });
}

type PlainChange = Exclude<StateChange, { change: "pause" }>["change"];

const SUMMARIES: Readonly<Record<PlainChange, string>> = {
  resume: "Let the AI answer again",
  close: "Close a conversation; the customer's next message opens it again",
  open: "Open a closed conversation",
};

function registerChange(api: ApiApp, deps: ConversationRoutesDeps, to: PlainChange): void {
  const response = { 200: conversationSchema, ...problemAnswers };
  const schema = { operationId: `${to}Conversation`, summary: SUMMARIES[to], params: idParams, response };
  api.post(`/conversations/:id/${to}`, { schema }, (request) => {
    const { businessId } = callerOf(request);
    return change(deps, { businessId, id: request.params.id, to: { change: to } });
  });
}

interface Change {
  readonly businessId: BusinessId;
  readonly id: string;
  readonly to: StateChange;
}

async function change(
  { conversations, setConversationState }: ConversationRoutesDeps,
  { businessId, id, to }: Change,
): Promise<ConversationView> {
  const changedId = await setConversationState(businessId, requireUuid(id, "conversation"), to);
  if (changedId === undefined) throw notFound("conversation");
  return getConversation(conversations, businessId, changedId);
}
