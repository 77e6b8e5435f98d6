// Owns: one run of the reply lane: load, decide, gather, ask the responder, commit. The customer is never left without an end to the turn.
// What comes before the responder is done in places that businesses share, so that nobody's turn waits behind the many of another business.
import type { Responder } from "../answers/responder.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { createAskResponder, type AskResponderDeps } from "./ask-responder.ts";
import { decideTurn } from "./decide-turn.ts";
import { createEndTurn, type EndTurnDeps, type TurnResult } from "./end-turn.ts";
import { handoffEnding } from "./endings.ts";
import { NO_MEMORY, type GatherMemory, type Memory } from "./gather-memory.ts";
import { createLoadTurn, type LoadTurnDeps, type TurnInProgress } from "./load-turn.ts";
import type { IsOverBudget } from "./read-budget.ts";
import { createTyping, type TypingDeps } from "./show-typing.ts";

export interface ReplyTurnDeps extends LoadTurnDeps, AskResponderDeps, EndTurnDeps, Omit<TypingDeps, "loadTurn"> {
  readonly responderOf: (settings: ReplySettings) => Responder;
  readonly gatherMemory: GatherMemory;
  readonly isOverBudget: IsOverBudget;
  readonly failPoints: FailPoints;
}

export interface ReplyTurn {
  /** `newer` aborts when the lane got more work: what is being written is then given up and written again for all of it, at most twice in a row. */
  run(lane: ClaimedLane, signal: AbortSignal, newer?: AbortSignal): Promise<void>;
  /** The customer may still be writing: they see at once that their message was read. Never rejects. */
  greet(lanes: readonly ClaimedLane[]): void;
}

const NEVER = new AbortController().signal;
/** Turns that are loaded and gathered for at once. More of them would only wait for the database and the processor, and everybody else behind them. */
const PREPARING = { places: 64, perBusiness: 48 };

/** What a turn came to without its responder, or all that the responder needs. */
type Beginning =
  | { readonly turn: TurnInProgress; readonly result: TurnResult }
  | { readonly turn: TurnInProgress; readonly responder: Responder; readonly memory: Memory; readonly shown: Promise<void> };

/** Only what the customer wrote: our own labels ("Document: order.pdf") would find texts about them. */
const askedIn = ({ thread: { burst } }: TurnInProgress): string => burst.map(({ words }) => words ?? "").join("\n");

export function createReplyTurn(deps: ReplyTurnDeps): ReplyTurn {
  const loadTurn = createLoadTurn(deps);
  const askResponder = createAskResponder(deps);
  const endTurn = createEndTurn(deps);
  const typing = createTyping({ ...deps, loadTurn });
  const places = createFairPlaces(PREPARING);

  async function begin(lane: ClaimedLane): Promise<Beginning> {
    const responder = deps.responderOf(await deps.settings.find(lane.businessId));
    const gather = responder.wants === "memory" ? deps.gatherMemory(lane) : undefined;
    const turn = await loadTurn(lane);
    const result = decideTurn(turn);
    if (result !== undefined) return { turn, result };
    if (responder.wants === "memory" && (await deps.isOverBudget(lane, turn.settings)))
      return { turn, result: { ending: handoffEnding("budget", turn), coversTo: lane.wanted } };
    const shown = typing.show(turn);
    const { language } = turn.state;
    return { turn, responder, memory: (await gather?.({ text: askedIn(turn), language })) ?? NO_MEMORY, shown };
  }

  async function beginInTurn(lane: ClaimedLane, stop: AbortSignal): Promise<Beginning> {
    const leave = await places.take(lane.businessId);
    try {
      stop.throwIfAborted();
      return await begin(lane);
    } finally {
      leave?.();
    }
  }

  return {
    async run(lane, stop, newer = NEVER) {
      const begunAt = performance.now();
      const begun = await beginInTurn(lane, stop);
      const { turn } = begun;
      const result = "result" in begun ? begun.result : await askResponder({ ...begun, signals: { stop, newer } });
      // A typing indicator that arrives after the reply would stay for 25 seconds.
      if ("shown" in begun) await begun.shown;
      await deps.failPoints.hit("turn.before-commit");
      await endTurn(turn, result, begunAt);
    },
    greet(lanes) {
      typing.showEarly(lanes);
    },
  };
}
