// Owns: the shapes of sessions in the API.
import { z } from "zod";

const id = z.string().describe("A UUID.");
const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });

export const sessionSchema = z
  .object({
    id,
    conversationId: id,
    fromSeq: z.int().describe("The customer's first message in it."),
    toSeq: z.int().nullable().describe("The customer's last message in it; null while it is open."),
    openedAt: instant,
    closed: z.object({ at: instant, reason: z.string().describe("inactive, new_day, by_hand or merged.") }).nullable(),
    summaryState: z
      .string()
      .describe("none (it is open, or older than summaries), pending, done or too_short (one message: it is the summary)."),
    summary: z
      .object({
        text: z.string(),
        topic: z.string().nullable(),
        outcome: z.string().nullable(),
        openPoints: z.array(z.string()).readonly().describe("What is still to be done."),
        source: z.string().nullable().describe("extractive, model, message or adopted."),
        at: instant.nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Session" });

export const sessionPageSchema = z
  .object({
    data: z.array(sessionSchema).readonly(),
    nextCursor: z.string().nullable().describe("Give it back as `cursor` for the next page; null on the last one."),
  })
  .meta({ id: "SessionPage" });

export const closedSessionSchema = z
  .object({
    isClosed: z.boolean().describe("False: no session was open, nothing was changed."),
    conversationId: id,
  })
  .meta({ id: "ClosedSession" });
