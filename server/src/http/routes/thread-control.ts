// Owns: the route with which a thread is passed to another app on the same number, released or taken.
import { z } from "zod";
import type { ControlOutcome, ControlThread } from "../../conversations/control-thread.ts";
import { conversationSchema } from "../../conversations/conversation-view.ts";
import type { ConversationReader } from "../../conversations/read-conversations.ts";
import { Fault } from "../../kernel/faults.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { MAX_THREAD_NOTE, THREAD_ACTIONS } from "../../whatsapp/graph-thread-control.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface ThreadControlDeps {
  readonly conversations: ConversationReader;
  readonly controlThread: ControlThread;
}

const controlBody = z
  .object({
    action: z
      .enum(THREAD_ACTIONS)
      .describe(
        "pass: another app has it from now on. release: nobody has it, and the customer's next message decides. take: it is ours; WhatsApp lets only the app do that to which people are handed over.",
      ),
    role: z
      .string()
      .regex(/^[a-z_]{1,64}$/, "It must be a role in WhatsApp's word, such as customer_service.")
      .optional()
      .describe(
        "Of a pass: who is to have it: ai_agent, ctwa, customer_service, escalation, marketing, utility. Absent: the app to which people are handed over.",
      ),
    note: z
      .string()
      .min(1)
      .max(MAX_THREAD_NOTE)
      .transform(cleanString)
      .optional()
      .describe("Of a pass or a take: for the other app. The customer does not see it."),
  })
  .refine(({ action, role }) => role === undefined || action === "pass", { message: "Only a pass has a role.", path: ["role"] })
  .refine(({ action, note }) => note === undefined || action !== "release", { message: "A release has no note.", path: ["note"] })
  .meta({ id: "ThreadControl" });

const controlledSchema = z
  .object({
    outcome: z
      .enum(["done", "unknown"])
      .describe("unknown: WhatsApp gave no whole answer, and may have done it. Asking for the same again is safe."),
    sentence: z.string().nullable().describe("For people, where the outcome is unknown."),
    conversation: conversationSchema,
  })
  .meta({ id: "ControlledThread" });

export function registerThreadControl(api: ApiApp, { conversations, controlThread }: ThreadControlDeps): void {
  const schema = {
    operationId: "controlThread",
    summary: "Pass a thread to another app on the same number, release it, or take it (conversation routing); safe to repeat",
    params: idParams,
    body: controlBody,
    response: { 200: controlledSchema, 202: controlledSchema, ...problemAnswers },
  };
  api.post("/conversations/:id/thread-control", { schema }, async (request, reply) => {
    const { businessId } = callerOf(request);
    const end = endOrThrow(await controlThread(businessId, requireUuid(request.params.id, "conversation"), request.body));
    const conversation = await conversations.find(businessId, end.conversationId);
    if (conversation === undefined) throw notFound("conversation");
    if (end.outcome === "done") return reply.code(200).send({ outcome: "done", sentence: null, conversation });
    return reply.code(202).send({ outcome: "unknown", sentence: end.sentence, conversation });
  });
}

function endOrThrow(outcome: ControlOutcome): Extract<ControlOutcome, { readonly outcome: "done" | "unknown" }> {
  switch (outcome.outcome) {
    case "done":
    case "unknown":
      return outcome;
    case "not_found":
      throw notFound("conversation");
    case "refused":
      throw new Fault(outcome.code, outcome.sentence);
  }
}
