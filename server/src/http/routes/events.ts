// Owns: the route that reads the outbox of events. Refuses to know: what the types mean (docs/outbox.md).
import { z } from "zod";
import { eventSchema } from "../../events/event-view.ts";
import type { ReadEvents } from "../../events/read-events.ts";
import { requireUuid, type ApiApp } from "../api-app.ts";
import { problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface EventRoutesDeps {
  readonly readEvents: ReadEvents;
}

const EVENT_TYPE = /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/;

const eventQuery = z.object({
  after: z.string().max(500).optional().describe("`nextCursor` of an earlier answer; without it, from the oldest that is kept (30 days)."),
  type: z
    .string()
    .max(1_000)
    .optional()
    .transform((list) => list?.split(",").map((type) => type.trim()))
    .pipe(z.array(z.string().regex(EVENT_TYPE, "must be a type such as turn.replied")).optional())
    .describe("One type, or several with commas between: turn.replied,turn.failed."),
  conversationId: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

const eventPageSchema = z
  .object({
    data: z.array(eventSchema).readonly(),
    nextCursor: z
      .string()
      .describe("Give it back as `after`, now or later. Never null: it also says where to continue after the last page."),
    hasMore: z.boolean().describe("False: this was everything so far. Ask again in a while."),
  })
  .meta({ id: "EventPage" });

export function registerEventRoutes(api: ApiApp, { readEvents }: EventRoutesDeps): void {
  const schema = {
    operationId: "listEvents",
    summary: "Read what happened, the oldest first; whoever continues from nextCursor misses nothing",
    querystring: eventQuery,
    response: { 200: eventPageSchema, ...problemAnswers },
  };
  api.get("/events", { schema }, (request) => {
    const { after, type, conversationId, limit } = request.query;
    return readEvents(callerOf(request).businessId, {
      after,
      types: type,
      conversationId: conversationId === undefined ? undefined : requireUuid(conversationId, "conversation"),
      limit,
    });
  });
}
