// Owns: the routes of a single turn: looking at it, and answering one that waits for the business's own agent.
import { z } from "zod";
import { outsideHandoff, outsideMessages } from "../../answers/outside-answer.ts";
import { Fault, type FaultCode } from "../../kernel/faults.ts";

import type { AnswerOutcome, AnswerTurn } from "../../replies/answer-turn.ts";
import { turnDetailSchema, type FindTurn } from "../../replies/find-turn.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface TurnRoutesDeps {
  readonly findTurn: FindTurn;
  readonly answerTurn: AnswerTurn;
}

const answerTurnSchema = z
  .object({
    messages: outsideMessages.optional().describe("What the customer is told: one WhatsApp message each."),
    handoff: outsideHandoff
      .optional()
      .describe("Instead of messages: a person is fetched. Without text the business's own words are said."),
  })
  .describe("Either messages or handoff.")
  .meta({ id: "TurnAnswer" });
const acceptedAnswerSchema = z
  .object({ id: z.string().describe("The turn's."), conversationId: z.string(), outcome: z.literal("accepted") })
  .meta({ id: "AcceptedAnswer" });

export function registerTurnRoutes(api: ApiApp, { findTurn, answerTurn }: TurnRoutesDeps): void {
  const findSchema = {
    operationId: "getTurn",
    summary: "Read a turn, also one that still waits for its answer",
    params: idParams,
    response: { 200: turnDetailSchema, ...problemAnswers },
  };
  api.get("/turns/:id", { schema: findSchema }, async (request) => {
    const turn = await findTurn(callerOf(request).businessId, requireUuid(request.params.id, "turn"));
    if (turn === undefined) throw notFound("turn");
    return turn;
  });
  const answerSchema = {
    operationId: "answerTurn",
    summary: "Answer a turn that waits for the business's agent; the first answer counts, and the same one again is the same success",
    params: idParams,
    body: answerTurnSchema,
    response: { 200: acceptedAnswerSchema, ...problemAnswers },
  };
  api.post("/turns/:id/answer", { schema: answerSchema }, async (request) => {
    const turnId = requireUuid(request.params.id, "turn");
    const outcome = await answerTurn({ businessId: callerOf(request).businessId, turnId }, request.body);
    if (outcome.outcome !== "accepted") throw refusalOf(outcome);
    return { id: turnId.toLowerCase(), conversationId: outcome.conversationId, outcome: outcome.outcome };
  });
}

const REFUSALS = {
  answered: ["turn_already_answered", "This turn already has another answer. Nothing was sent because of this one."],
  expired: [
    "turn_expired",
    "The time for this answer is over: the customer got the fallback or a person. Nothing was sent because of this answer.",
  ],
  superseded: [
    "turn_superseded",
    "The customer has written again. Nothing was sent; the agent is asked again, in a new turn, with the newer message.",
  ],
  taken_over: ["turn_taken_over", "A person answers in this conversation now. Nothing was sent because of this answer."],
} as const satisfies Record<string, readonly [FaultCode, string]>;

function refusalOf(outcome: Exclude<AnswerOutcome, { outcome: "accepted" }>): Fault {
  switch (outcome.outcome) {
    case "not_found":
      return notFound("turn");
    case "invalid":
      return new Fault("bad_request", outcome.problem);
    case "not_waiting":
      return new Fault("turn_not_waiting", `This turn is not waiting for an answer (${outcome.because}). Nothing was sent.`);
    default: {
      const [code, sentence] = REFUSALS[outcome.outcome];
      return new Fault(code, sentence);
    }
  }
}
