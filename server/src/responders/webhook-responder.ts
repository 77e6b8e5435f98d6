// Owns: asking the business's own agent: one signed request (Standard Webhooks) per turn, and what its answer means. Later answers come through the
// API (answer-turn.ts). Refuses to know: lanes, retries and sending.
import { Webhook } from "standardwebhooks";
import { messageOf } from "../kernel/faults.ts";
import { type OutsideAnswer, type OutsideHttp } from "../outside/outside-http.ts";
import { OutsideError } from "../outside/outside-error.ts";
import { mayPass, readRetryAfter } from "../outside/retry-advice.ts";
import type { CheckParts } from "../answers/answer-part.ts";
import { checkAnswer, readInlineAnswer } from "../answers/outside-answer.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { ResponderFault, type ContextMessage, type Responder, type ResponderAnswer, type ReplyContext } from "../answers/responder.ts";
import type { RegisterTurn, TakeAnswer } from "../replies/answer-turn.ts";

export interface WebhookResponderDeps {
  readonly settings: Pick<ReplySettingsStore, "findSecret">;
  readonly outside: Pick<OutsideHttp, "request">;
  readonly registerTurn: RegisterTurn;
  readonly takeAnswer: TakeAnswer;
  readonly checkParts: CheckParts;
}

type WebhookSettings = NonNullable<ReplySettings["webhook"]>;

const MAX_ANSWER_BYTES = 256 * 1024;

/** The turn is known before its question leaves: an answer is never for a turn that does not exist. The first answer counts, whichever way it comes. */
export function createWebhookResponder(deps: WebhookResponderDeps): Responder {
  async function ask(context: ReplyContext, expiresAt: Date, signal: AbortSignal): Promise<OutsideAnswer> {
    const webhook = webhookOf(context.settings);
    const body = questionOf(context, expiresAt);
    const headers = await sign(context, webhook, body);
    try {
      const { url, timeoutMs } = webhook;
      return await deps.outside.request({
        url,
        method: "POST",
        headers,
        body,
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
        maxRedirects: 0,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(error);
    }
  }

  async function sign(
    { businessId, turnId, now }: ReplyContext,
    { secretName }: WebhookSettings,
    body: string,
  ): Promise<Record<string, string>> {
    const secret = await deps.settings.findSecret(businessId, secretName);
    if (secret === undefined)
      throw new ResponderFault(`The secret ${secretName}, which signs the requests to the agent, does not exist.`, { isFinal: true });
    const signature = signatureOf(secret, secretName, { turnId, now, body });
    return {
      "content-type": "application/json",
      accept: "application/json",
      "user-agent": "onethread",
      "webhook-id": turnId,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": signature,
    };
  }

  async function answerOf(context: ReplyContext, response: OutsideAnswer): Promise<ResponderAnswer> {
    const waitMs = webhookOf(context.settings).answerWithinMs;
    const later = { outcome: "later", waitsFor: "answer", waitMs } as const;
    const drafted = readResponse(response, context.settings);
    if (drafted.outcome === "later") return later;
    const checked = await checkAnswer(drafted, { place: context, checkParts: deps.checkParts, limits: context.settings.tools });
    if (!checked.ok) throw unusable(checked.problem);
    const written = checked.answer;
    // An answer came through the API first: the lane goes on with that one, at once.
    if (!(await deps.takeAnswer(context, written))) return later;
    if (written.outcome === "handoff") return { ...written, text: written.text ?? context.handoffText };
    return written;
  }

  return {
    name: "webhook",
    wants: "memory",
    async respond(context, signal) {
      const { answerWithinMs } = webhookOf(context.settings);
      const registered = await deps.registerTurn(context, answerWithinMs);
      if (registered.outcome === "lost") throw new ResponderFault("Another worker asks the agent for this conversation.");
      if (registered.outcome === "answered") return { outcome: "later", waitsFor: "answer", waitMs: answerWithinMs };
      return answerOf(context, await ask(context, registered.expiresAt, signal));
    },
  };
}

function webhookOf({ webhook }: ReplySettings): WebhookSettings {
  if (webhook === null) throw new ResponderFault("The setting webhook.url is not set: there is no agent to ask.", { isFinal: true });
  return webhook;
}

interface WebhookMessage {
  readonly turnId: string;
  readonly now: Date;
  readonly body: string;
}

function signatureOf(secret: string, secretName: string, { turnId, now, body }: WebhookMessage): string {
  try {
    return new Webhook(secret).sign(turnId, now, body);
  } catch (cause) {
    // The library's message may show the secret.
    throw new ResponderFault(`The secret ${secretName} is not a signing secret: it must be whsec_ followed by base64.`, {
      isFinal: true,
      cause: new Error(cause instanceof Error ? cause.name : "unusable secret"),
    });
  }
}

const messageView = ({ seq, author, from, type, text, isTranscript, sentAt, quote, about, reactions }: ContextMessage) => ({
  seq,
  author,
  ...(from === undefined ? {} : { from }),
  type,
  text,
  ...(isTranscript === undefined ? {} : { isTranscript }),
  sentAt: sentAt.toISOString(),
  ...(quote === undefined ? {} : { quote }),
  ...(about === undefined ? {} : { about }),
  ...(reactions === undefined ? {} : { reactions }),
});

/** docs/webhook-responder.md shows it; keys are only ever added. */
function questionOf(context: ReplyContext, expiresAt: Date): string {
  const { settings } = context;
  return JSON.stringify({
    type: "turn.requested",
    timestamp: context.now.toISOString(),
    data: {
      turnId: context.turnId,
      conversationId: context.conversationId,
      business: { id: context.businessId, name: context.businessName, language: context.language, timeZone: settings.timeZone },
      customer: { name: context.customerName, facts: { ...context.facts, ...context.lead } },
      burst: context.burst.map(messageView),
      history: context.history.map(messageView),
      earlier: context.earlier.map(({ openedAt, summary }) => ({ openedAt: openedAt.toISOString(), summary })),
      knowledge: context.knowledge.map(({ id, title, body }) => ({ id, title, body })),
      replyLanguage: settings.replyLanguage,
      handoffText: context.handoffText,
      maxMessages: settings.maxMessages,
      expiresAt: expiresAt.toISOString(),
      answerPath: `/api/v1/turns/${context.turnId}/answer`,
    },
  });
}

function readResponse(response: OutsideAnswer, settings: ReplySettings) {
  const { status } = response;
  if (status === 202) return { outcome: "later" } as const;
  if (status < 200 || status > 299) throw refusalOf(response);
  const read = readInlineAnswer(jsonOf(response), settings);
  if (!read.ok) throw unusable(read.problem);
  return read.answer;
}

function unusable(problem: string): ResponderFault {
  return new ResponderFault(`The agent's answer cannot be used. ${problem}`);
}

function jsonOf({ body, status }: OutsideAnswer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new ResponderFault(`The agent answered ${String(status)} with a body that is not JSON (${String(body.length)} bytes).`, {
      cause: new SyntaxError(cause instanceof Error ? cause.name : "not JSON"),
    });
  }
}

function refusalOf({ status, headers }: OutsideAnswer): ResponderFault {
  const isFinal = !mayPass(status);
  const retryAfterMs = readRetryAfter((name) => headers.get(name), Date.now());
  const what =
    status < 400 && status >= 300
      ? `redirects to another address (${String(status)}), which is not followed`
      : `answered ${String(status)}`;
  return new ResponderFault(`The agent ${what}.`, { isFinal, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function faultOf(error: unknown): ResponderFault {
  if (error instanceof ResponderFault) return error;
  const isFinal = error instanceof OutsideError && (error.code === "not_allowed" || error.code === "invalid_url");
  return new ResponderFault(`The agent was not reached: ${messageOf(error)}`, { cause: error, isFinal });
}
