// Owns: the shapes of a single turn in the API, and of the answer that comes later for it.
import { z } from "zod";
import { outsideHandoff, outsideMessages } from "../answers/outside-answer.ts";
import { turnSchema } from "./api-schemas.ts";

const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });

export const turnDetailSchema = turnSchema
  .extend({
    state: z.string().describe("waiting, or as it ended: replied, superseded, handed_off, skipped or failed."),
    finishedAt: instant.nullable().describe("Null while it waits."),
    waiting: z
      .object({
        waitsFor: z.string().describe("answer: of the business's agent. approval: of a tool call, by a person."),
        expiresAt: instant,
        answeredAt: instant.nullable(),
      })
      .nullable()
      .describe("Set while the turn waits for somebody outside."),
  })
  .meta({ id: "TurnDetail" });

export const answerTurnSchema = z
  .object({
    messages: outsideMessages.optional().describe("What the customer is told: one WhatsApp message each."),
    handoff: outsideHandoff
      .optional()
      .describe("Instead of messages: a person is fetched. Without text the business's own words are said."),
  })
  .describe("Either messages or handoff.")
  .meta({ id: "TurnAnswer" });

export const acceptedAnswerSchema = z
  .object({ id: z.string().describe("The turn's."), conversationId: z.string(), outcome: z.literal("accepted") })
  .meta({ id: "AcceptedAnswer" });
