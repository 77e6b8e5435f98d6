// Owns: the session routes of the API: looking at them, and ending the open one by hand.
import { z } from "zod";
import { uuid } from "../../kernel/shapes.ts";
import type { CloseSession } from "../../sessions/close-session.ts";
import { sessionSchema, type ListSessions } from "../../sessions/read-sessions.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface SessionRoutesDeps {
  readonly listSessions: ListSessions;
  readonly closeSession: CloseSession;
}

const sessionPageSchema = pageSchema("SessionPage", sessionSchema);
const closedSessionSchema = z
  .object({
    isClosed: z.boolean().describe("False: no session was open, nothing was changed."),
    conversationId: uuid,
  })
  .meta({ id: "ClosedSession" });

export function registerSessionRoutes(api: ApiApp, { listSessions, closeSession }: SessionRoutesDeps): void {
  const listSchema = {
    operationId: "listSessions",
    summary: "List the sessions of a conversation with their summaries, the newest first",
    params: idParams,
    querystring: pageQuery,
    response: { 200: sessionPageSchema, ...problemAnswers },
  };
  api.get("/conversations/:id/sessions", { schema: listSchema }, async (request) => {
    const id = requireUuid(request.params.id, "conversation");
    const page = await listSessions(callerOf(request).businessId, id, request.query);
    if (page === undefined) throw notFound("conversation");
    return page;
  });
  const closeSchema = {
    operationId: "closeSession",
    summary: "End the open session; the customer's next message opens a new one",
    params: idParams,
    response: { 200: closedSessionSchema, ...problemAnswers },
  };
  api.post("/conversations/:id/close-session", { schema: closeSchema }, async (request) => {
    const id = requireUuid(request.params.id, "conversation");
    const result = await closeSession(callerOf(request).businessId, id);
    if (result.outcome === "not_found") throw notFound("conversation");
    return result.outcome === "closed"
      ? { isClosed: true, conversationId: result.conversationId }
      : { isClosed: false, conversationId: id };
  });
}
