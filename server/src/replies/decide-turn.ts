// Owns: how a turn ends, or goes on waiting, without its responder being asked. Pure.
import { z } from "zod";
import { storedPart } from "../answers/answer-part.ts";
import { createReadConsentWord } from "../settings/consent-settings.ts";
import { decideBurst, type BurstDecision } from "../words/asks-for-reply.ts";
import { findHandoffKeyword } from "../words/handoff-keywords.ts";
import { endingOf, failureEnding, handoffEnding, nothingToAnswer } from "./endings.ts";
import type { Ending, TurnResult } from "./end-turn.ts";
import { isLoop } from "./find-loop.ts";
import type { Circumstances, TurnInProgress } from "./load-turn.ts";
import type { WaitingTurn } from "./waiting-turn.ts";

/** After so many the customer gets an answer that no responder wrote, and usually a person is fetched. */
export const MAX_ATTEMPTS = 3;
/** A turn that could not even be written so many times ends as failed, for people to see, and lets the thread go on. */
const GIVE_UP_AFTER = 8;

const silent = (state: "skipped" | "failed" | "superseded", reason: string | null): Ending => ({ state, reason, texts: [] });
export const SUPERSEDED: Ending = silent("superseded", null);

/** Undefined: there is something to answer, and it may be answered. */
export function refuseTurn({ lane, state, thread, settings }: TurnInProgress): Ending | undefined {
  if (lane.attempts >= GIVE_UP_AFTER) return silent("failed", "gave_up");
  if (state.ai_paused) return silent("skipped", "taken_over");
  if (!state.ai_enabled) return silent("skipped", "ai_disabled");
  if (state.opted_out) return silent("skipped", "opted_out");
  if (!state.window_open) return silent("skipped", "window_closed");
  if (state.reply_kind === null) return silent("skipped", "no_address");
  if (state.reply_kind === "group" && !state.answers_groups) return silent("skipped", "group");
  if (thread.burst.length === 0) return silent("skipped", "nothing_to_answer");
  const isStale = thread.newestAt !== null && state.at.getTime() - thread.newestAt.getTime() > settings.staleAfterMs;
  return isStale ? silent("skipped", "stale") : undefined;
}

export function readBurst({ thread: { burst, lastSaid }, settings: { responder, findsHandoffWish } }: Circumstances): BurstDecision {
  return decideBurst(burst, { understands: responder !== "knowledge", lastSaid, findsPerson: findsHandoffWish });
}

/** They wanted messages again, and were told so already (ingest/record-consent-words.ts). */
function isConfirmedStart({ thread: { burst }, settings, state, rows }: TurnInProgress): boolean {
  const [only] = burst;
  if (only === undefined || burst.length > 1 || !rows.some(({ author, seq }) => author === "system" && seq > only.seq)) return false;
  return createReadConsentWord(settings.consent, state.language)(only.words ?? "")?.word === "start";
}

/** What the customer's own words settle. */
function endingOfWords(turn: TurnInProgress): Ending | undefined {
  if (isConfirmedStart(turn)) return silent("skipped", "nothing_to_answer");
  const words = turn.thread.burst.map((message) => message.words ?? null);
  if (findHandoffKeyword(words, turn.settings.handoffKeywords) !== undefined) return handoffEnding("keyword", turn);
  const decision = readBurst(turn);
  if (decision.outcome === "handoff") return handoffEnding("keyword", turn);
  if (decision.outcome === "skip") return decision.mayGreet ? nothingToAnswer(turn) : silent("skipped", decision.reason);
  return undefined;
}

/** As answer-turn.ts stores it. */
const outsideAnswer = z.union([
  z.object({ outcome: z.literal("reply"), texts: z.array(z.string()), parts: z.array(storedPart).exactOptional() }),
  z.object({ outcome: z.literal("handoff"), reason: z.string(), text: z.string().optional() }),
]);

/** Undefined: the responder is to be asked again (it is not known whether it was, or a person has decided about a tool's call). */
function resumeWaiting(waiting: WaitingTurn, turn: TurnInProgress): TurnResult | undefined {
  const { coversTo } = waiting;
  const isOvertaken = turn.lane.wanted > coversTo && !turn.final;
  if (isOvertaken) return { ending: SUPERSEDED, coversTo };
  // Whoever was asking died, or has to try again.
  if (waiting.waitsFor === "asking") return undefined;
  if (waiting.waitsFor === "answer" && !waiting.isOpen) {
    const answer = outsideAnswer.parse(waiting.answer);
    const ending = answer.outcome === "reply" ? endingOf(answer, turn) : handoffEnding(answer.reason, turn, answer.text);
    return { ending: { ...ending, responder: "webhook" }, coversTo };
  }
  if (!waiting.isOpen) return undefined;
  if (!waiting.isExpired) return { waitsFor: waiting.waitsFor, waitMs: waiting.leftMs, coversTo };
  return waiting.waitsFor === "answer"
    ? { ending: { ...failureEnding("no_answer", turn), responder: "webhook" }, coversTo }
    : { ending: { ...handoffEnding("approval_expired", turn), responder: "model" }, coversTo: turn.lane.wanted };
}

/** Undefined: the responder is asked. */
export function decideTurn(turn: TurnInProgress): TurnResult | undefined {
  const { lane, state, settings, waiting } = turn;
  const end = (ending: Ending): TurnResult => ({ ending, coversTo: lane.wanted });
  const refusal = refuseTurn(turn);
  if (refusal !== undefined) return end(refusal);
  // The end of this turn could not be written, or its workers died: nobody pays for yet another answer, and the customer gets one anyway.
  if (lane.attempts >= MAX_ATTEMPTS) return end(failureEnding("gave_up", turn));
  const isBraked = isLoop(turn.rows, { answeredTo: state.answered_to, at: state.at, brake: settings.loopBrake });
  if (isBraked) return end(silent("skipped", "loop"));
  const resumed = waiting === undefined ? undefined : resumeWaiting(waiting, turn);
  if (resumed !== undefined) return resumed;
  const ending = endingOfWords(turn);
  return ending === undefined ? undefined : end(ending);
}
