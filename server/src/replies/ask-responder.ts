// Owns: asking the responder of a turn: what it is given, how long it may take, and what becomes of the turn when it has no answer.
// Refuses to know: which responder it is, and how the turn is written.
import { ResponderFault, type ContextPicture, type ReplyContext, type Responder } from "../answers/responder.ts";
import { isOutage } from "../db/classify-error.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { untilAborted } from "../kernel/until-aborted.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { buildContext, tokensOfContext } from "./build-context.ts";
import { MAX_ATTEMPTS, SUPERSEDED } from "./decide-turn.ts";
import type { TurnResult } from "./end-turn.ts";
import { endingOf, failureEnding, handoffTextOf } from "./endings.ts";
import type { Memory } from "./gather-memory.ts";
import type { TurnInProgress } from "./load-turn.ts";

export interface TurnSignals {
  /** The lease is lost, or the process stops. */
  readonly stop: AbortSignal;
  /** The lane got more work. */
  readonly newer: AbortSignal;
}

export interface TurnQuestion {
  readonly turn: TurnInProgress;
  readonly responder: Responder;
  readonly memory: Memory;
  /** Empty: the model is shown none. */
  readonly pictures: readonly ContextPicture[];
  readonly signals: TurnSignals;
}

/** Throws when the turn is to be tried again. */
export type AskResponder = (question: TurnQuestion) => Promise<TurnResult>;

const RESPONDER_TIMEOUT_MS = 20_000;

/** A responder with settings of its own keeps its own time, a model and its fallback one after the other; this is for the one that does not. */
function timeoutOf(responder: Responder, { modelTimeoutMs, webhook }: ReplySettings): number {
  const ownMs = responder.wants === "burst" ? 0 : Math.max(2 * modelTimeoutMs, webhook?.timeoutMs ?? 0);
  return ownMs + RESPONDER_TIMEOUT_MS;
}

function contextOf({ turn, memory: { summarisedTo, ...memory }, pictures }: TurnQuestion): ReplyContext {
  const { lane, state, thread, settings } = turn;
  const context = buildContext({
    businessId: lane.businessId,
    conversationId: lane.conversationId,
    turnId: turn.id,
    answeredTo: state.answered_to,
    coversTo: lane.wanted,
    businessName: state.business_name,
    customerName: state.lead_name ?? state.contact_name,
    language: state.language,
    handoffText: handoffTextOf(state, settings),
    settings,
    burst: thread.burst,
    history: thread.history,
    now: state.at,
    tools: { version: state.tools_version, wereCalled: state.has_called_tools },
    summarisedTo,
    ...memory,
    lead: {
      ...(state.lead_id === null ? {} : { lead: state.lead_id }),
      ...(state.lead_name === null ? {} : { lead_name: state.lead_name }),
    },
  });
  // Only with its message.
  const said = new Set([...context.burst, ...context.history].map(({ seq }) => seq));
  const shown = pictures.filter(({ seq }) => said.has(seq));
  return shown.length === 0 ? context : { ...context, pictures: shown };
}

export interface AskResponderDeps {
  readonly log: Log;
}

export function createAskResponder({ log }: AskResponderDeps): AskResponder {
  async function ask(question: TurnQuestion): Promise<TurnResult> {
    const { turn, responder, signals } = question;
    const { stop, newer } = signals;
    const { settings, final } = turn;
    const context = contextOf(question);
    const timeout = AbortSignal.timeout(timeoutOf(responder, settings));
    const signal = AbortSignal.any([stop, timeout, ...(final ? [] : [newer])]);
    const coversTo = turn.lane.wanted;
    try {
      const answer = await untilAborted(responder.respond(context, signal), signal);
      if (answer.outcome !== "later") return { ending: { ...endingOf(answer, turn), responder: responder.name }, coversTo };
      return { waitsFor: answer.waitsFor, waitMs: answer.waitMs, coversTo, ...(answer.work === undefined ? {} : { work: answer.work }) };
    } catch (error) {
      if (stop.aborted || final || !newer.aborted) throw error;
      // What was asked has its price, although it will not be said.
      const work = settings.responder === "model" ? { work: { inputTokens: tokensOfContext(context), outputTokens: 0 } } : {};
      return { ending: { ...SUPERSEDED, responder: responder.name, ...work }, coversTo };
    }
  }

  return async (question) => {
    const { turn, responder, signals } = question;
    const { lane } = turn;
    try {
      return await ask(question);
    } catch (error) {
      // An outage of our own database is no answer of the responder's: the turn is tried again, as often as it takes.
      if (signals.stop.aborted || isOutage(error)) throw error;
      // Tried again with a backoff, then answered anyway: with the business's own words, and usually a person is fetched.
      const isFinal = error instanceof ResponderFault && error.isFinal;
      if (!isFinal && lane.attempts + 1 < MAX_ATTEMPTS) throw error;
      log.error({ conversationId: lane.conversationId, error }, "turn.responder-failed");
      const work = error instanceof ResponderFault && error.work !== undefined ? { work: error.work } : {};
      const ending = { ...failureEnding("responder_failed", turn), responder: responder.name, error: messageOf(error), ...work };
      return { ending, coversTo: lane.wanted };
    }
  };
}
