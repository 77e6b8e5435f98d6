// Owns: one run of the reply lane: look, decide, ask the responder, commit. The customer is never left without an end to the turn.
import { createBusinessBatcher } from "../db/business-batcher.ts";
import { isOutage } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type TurnId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { untilAborted } from "../kernel/until-aborted.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import { buildContext, tokensOfContext } from "./build-context.ts";
import { createEndTurn, createParkTurn, type Ending, type TurnResult } from "./end-turn.ts";
import { decideBurst, type BurstDecision } from "../words/asks-for-reply.ts";
import { endingOf, failureEnding, handoffEnding, handoffTextOf, nothingToAnswer } from "./endings.ts";
import { isLoop } from "./find-loop.ts";
import { NO_MEMORY, type GatherMemory, type Memory } from "./gather-memory.ts";
import { findHandoffKeyword } from "../words/handoff-keywords.ts";
import type { IsOverBudget } from "./read-budget.ts";
import { maySupersede } from "./may-supersede.ts";
import { readThread, type RecentMessage, type Thread } from "./read-thread.ts";
import { refuseTurn, type ReplyState } from "./refuse-turn.ts";
import { loadRecentMessages, loadReplyState } from "./replies.queries.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { ResponderFault, type Responder } from "../answers/responder.ts";
import { showTyping } from "./show-typing.ts";
import { takeUpWaiting, type WaitingTurn } from "./take-up-waiting.ts";
import { addWork, readWork } from "./turn-work.ts";

export interface ReplyTurnDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly responderOf: (settings: ReplySettings) => Responder;
  readonly gatherMemory: GatherMemory;
  readonly isOverBudget: IsOverBudget;
  readonly transportOf: TransportOf;
  readonly failPoints: FailPoints;
  readonly log: Log;
  readonly wake: (kind: "reply" | "send") => void;
  /** Told after each commit; what it throws is logged and changes nothing. */
  readonly onTurn: (state: string, ms: number) => void;
}

export interface ReplyTurn {
  /** `newer` aborts when the lane got more work: what is being written is then given up and written anew for all of it, at most twice in a row. */
  run(lane: ClaimedLane, signal: AbortSignal, newer?: AbortSignal): Promise<void>;
  /** The customer may still be writing: they see at once that they are read. Never rejects. */
  greet(lanes: readonly ClaimedLane[]): void;
}

interface Run {
  readonly lane: ClaimedLane;
  readonly state: ReplyState;
  readonly thread: Thread;
  readonly rows: readonly RecentMessage[];
  readonly settings: ReplySettings;
  readonly waiting: WaitingTurn | undefined;
  readonly turnId: TurnId;
  /** Superseded so often already that this one answers, whatever comes. */
  readonly final: boolean;
  readonly signal: AbortSignal;
  readonly newer: AbortSignal;
}

const MAX_ATTEMPTS = 3;
const RESPONDER_TIMEOUT_MS = 20_000;
const SUPERSEDED: Ending = { state: "superseded", reason: null, texts: [] };
const NEVER = new AbortController().signal;

export function createReplyTurn(deps: ReplyTurnDeps): ReplyTurn {
  const { database, log } = deps;
  const endTurn = createEndTurn(deps);
  const parkTurn = createParkTurn(deps);
  const load = createLoadThread(database);

  async function gather({ lane, state, thread }: Run, responder: Responder): Promise<Memory> {
    if (responder.wants === "burst") return NO_MEMORY;
    // Only what the customer wrote is searched: our own labels ("Document: order.pdf") would find texts about them.
    const text = thread.burst
      .map((message) => message.words ?? "")
      .join("\n")
      .trim();
    return deps.gatherMemory({ businessId: lane.businessId, conversationId: lane.conversationId, text, language: state.language });
  }

  async function askResponder(run: Run, responder: Responder): Promise<TurnResult> {
    const { lane, state, thread, settings, signal } = run;
    const { summarisedTo, ...memory } = await gather(run, responder);
    const lead = {
      ...(state.lead_id === null ? {} : { lead: state.lead_id }),
      ...(state.lead_name === null ? {} : { lead_name: state.lead_name }),
    };
    const context = buildContext({
      businessId: lane.businessId,
      conversationId: lane.conversationId,
      turnId: run.turnId,
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
      summarisedTo,
      ...memory,
      lead,
    });
    const timeout = AbortSignal.timeout(timeoutOf(responder, settings));
    const stop = AbortSignal.any([signal, timeout, ...(run.final ? [] : [run.newer])]);
    const coversTo = lane.wanted;
    try {
      const answer = await untilAborted(responder.respond(context, stop), stop);
      if (answer.outcome !== "later") return { ending: { ...endingOf(answer, run), responder: responder.name }, coversTo };
      return { waitsFor: answer.waitsFor, waitMs: answer.waitMs, coversTo, ...(answer.work === undefined ? {} : { work: answer.work }) };
    } catch (error) {
      if (signal.aborted || run.final || !run.newer.aborted) throw error;
      // What was asked has its price, though nobody says it any more.
      const work = settings.responder === "model" ? { work: { inputTokens: tokensOfContext(context), outputTokens: 0 } } : {};
      return { ending: { ...SUPERSEDED, responder: responder.name, ...work }, coversTo };
    }
  }

  async function ask(run: Run): Promise<TurnResult> {
    const { lane, state, thread, settings, signal } = run;
    const coversTo = lane.wanted;
    const burst = thread.burst.map(({ words }) => words ?? null);
    if (findHandoffKeyword(burst, settings.handoffKeywords) !== undefined) return { ending: handoffEnding("keyword", run), coversTo };
    const responder = deps.responderOf(settings);
    const decision = decisionOf(thread, settings);
    if (decision.outcome === "handoff") return { ending: handoffEnding("keyword", run), coversTo };
    if (decision.outcome === "skip") {
      const skipped: Ending = { state: "skipped", reason: decision.reason, texts: [] };
      return { ending: decision.mayGreet ? nothingToAnswer(run) : skipped, coversTo };
    }
    if (responder.wants === "memory" && (await deps.isOverBudget(lane, settings)))
      return { ending: handoffEnding("budget", run), coversTo };
    const wasGreeted = state.shows_typing_early && thread.burst.length === 1 && lane.attempts === 0;
    const typing = wasGreeted ? undefined : showTyping(deps.transportOf, state, thread.newestInbound);
    try {
      return await askResponder(run, responder);
    } catch (error) {
      // An outage of our own database is no answer of the responder's: the turn comes again, as often as it takes.
      if (signal.aborted || isOutage(error)) throw error;
      // Tried again with a backoff, then answered all the same: with the business's own words, and mostly a person is fetched.
      const isFinal = error instanceof ResponderFault && error.isFinal;
      if (!isFinal && lane.attempts + 1 < MAX_ATTEMPTS) throw error;
      log.error({ conversationId: lane.conversationId, error }, "turn.responder-failed");
      const work = error instanceof ResponderFault ? error.work : undefined;
      const ending = failureEnding("responder_failed", run);
      return {
        ending: { ...ending, responder: responder.name, error: messageOf(error), ...(work === undefined ? {} : { work }) },
        coversTo,
      };
    } finally {
      // A typing indicator that arrives after the reply would stay for 25 seconds.
      await typing;
    }
  }

  async function decide(run: Run): Promise<TurnResult> {
    const { lane, state, thread, settings } = run;
    const refusal = refuseTurn(state, { lane, thread, staleAfterMs: settings.staleAfterMs });
    if (refusal !== undefined) return { ending: { ...refusal, texts: [] }, coversTo: lane.wanted };
    // The end of this turn could not be written, or its workers died: nobody pays for yet another answer, and the customer is told all the same.
    if (lane.attempts >= MAX_ATTEMPTS) return { ending: failureEnding("gave_up", run), coversTo: lane.wanted };
    if (isLoop(run.rows, { answeredTo: state.answered_to, at: state.at, brake: settings.loopBrake }))
      return { ending: { state: "skipped", reason: "loop", texts: [] }, coversTo: lane.wanted };
    return (run.waiting === undefined ? undefined : takeUpWaiting(run.waiting, run)) ?? (await ask(run));
  }

  async function finish(run: Run, result: TurnResult, begunAt: number): Promise<void> {
    const { lane, turnId, final } = run;
    const place = { lane, turnId, final, coversTo: result.coversTo };
    const work = addWork(run.waiting?.work, "waitsFor" in result ? result.work : result.ending.work);
    const used = work === undefined ? {} : { work };
    if ("waitsFor" in result) {
      const parked = await parkTurn(lane.businessId, { ...place, ...result, ...used, answeredTo: run.state.answered_to });
      if (parked === undefined) log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "turn.lost");
      else if (parked.due) deps.wake("reply");
      return;
    }
    const ended = await endTurn(lane.businessId, { ...place, ending: { ...result.ending, ...used }, begunAt });
    await deps.failPoints.hit("turn.after-commit");
    if (ended === undefined) {
      log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "turn.lost");
      return;
    }
    if (ended.state !== "superseded" && ended.state !== "skipped") deps.wake("send");
    try {
      deps.onTurn(ended.state, performance.now() - begunAt);
    } catch (error) {
      log.error({ error: messageOf(error) }, "turn.bookkeeping-failed");
    }
  }

  async function greetOne(lane: ClaimedLane): Promise<void> {
    const { state, rows } = await load(lane.businessId, lane);
    if (state === undefined) return;
    const settings = await deps.settings.find(lane.businessId);
    const thread = readThread(rows, state.answered_to);
    const isRefused = refuseTurn(state, { lane, thread, staleAfterMs: settings.staleAfterMs }) !== undefined;
    if (!isRefused && decisionOf(thread, settings).outcome === "ask") await showTyping(deps.transportOf, state, thread.newestInbound);
  }

  return {
    async run(lane, signal, newer = NEVER) {
      const begunAt = performance.now();
      const [{ state, rows }, settings] = await Promise.all([load(lane.businessId, lane), deps.settings.find(lane.businessId)]);
      if (state === undefined) throw new Error("the conversation of this lane does not exist");
      const waiting = waitingOf(state, lane);
      const thread = readThread(rows, state.answered_to);
      const final = !maySupersede(state.superseded_since);
      const run: Run = { lane, state, thread, rows, settings, waiting, turnId: waiting?.id ?? newId<TurnId>(), final, signal, newer };
      const result = await decide(run);
      await deps.failPoints.hit("turn.before-commit");
      await finish(run, result, begunAt);
    },
    greet(lanes) {
      for (const lane of lanes) {
        greetOne(lane).catch((error: unknown) => {
          log.warn({ conversationId: lane.conversationId, error: messageOf(error) }, "turn.typing-not-shown");
        });
      }
    },
  };
}

/** A responder with settings of its own keeps its own time, a model and its fallback one after the other; this is for the one that does not. */
function timeoutOf(responder: Responder, { modelTimeoutMs, webhook }: ReplySettings): number {
  const ownMs = responder.wants === "burst" ? 0 : Math.max(2 * modelTimeoutMs, webhook?.timeoutMs ?? 0);
  return ownMs + RESPONDER_TIMEOUT_MS;
}

function decisionOf({ burst, lastSaid }: Thread, { responder, findsHandoffWish }: ReplySettings): BurstDecision {
  return decideBurst(burst, { understands: responder !== "knowledge", lastSaid, findsPerson: findsHandoffWish });
}

function waitingOf(state: ReplyState, lane: ClaimedLane): WaitingTurn | undefined {
  const { waiting_id: id, waiting_covers_to: coversTo, waits_for: waitsFor } = state;
  if (id === null || coversTo === null || coversTo <= lane.done) return undefined;
  return {
    id: id as TurnId,
    coversTo,
    waitsFor: waitsFor === "approval" || waitsFor === "asking" ? waitsFor : "answer",
    isExpired: state.waiting_expired,
    isOpen: waitsFor === "approval" ? state.approval_open : state.waiting_answer === null,
    answer: state.waiting_answer,
    leftMs: Math.max(0, state.waiting_in_ms ?? 0),
    work: readWork(state.waiting_work),
  };
}

type Loaded = { readonly state: ReplyState | undefined; readonly rows: readonly RecentMessage[] };

function createLoadThread(database: Database): (businessId: ClaimedLane["businessId"], lane: ClaimedLane) => Promise<Loaded> {
  return createBusinessBatcher<ClaimedLane, Loaded>({
    slots: 2,
    async run(businessId, lanes) {
      const db = database.forBusiness(businessId);
      const states = await db.run(loadReplyState, { conversationIds: lanes.map((lane) => lane.conversationId) });
      const stateOf = new Map(states.map((row) => [row.conversation_id, row]));
      const threads = lanes.map(({ conversationId, wanted }) => ({
        conversationId,
        upTo: wanted,
        answeredTo: stateOf.get(conversationId)?.answered_to ?? 0,
      }));
      const messages = await db.run(loadRecentMessages, { threads });
      const rowsOf = Map.groupBy(messages, (row) => row.conversation_id);
      return lanes.map((lane) => ({ state: stateOf.get(lane.conversationId), rows: rowsOf.get(lane.conversationId) ?? [] }));
    },
  });
}
