// Owns: one run of the reply lane: load, decide, ask the responder, commit. The customer is never left without an end to the turn.
import type { Responder } from "../answers/responder.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { createAskResponder, type AskResponderDeps, type TurnSignals } from "./ask-responder.ts";
import { decideTurn } from "./decide-turn.ts";
import { createEndTurn, type EndTurnDeps, type TurnResult } from "./end-turn.ts";
import { handoffEnding } from "./endings.ts";
import { createLoadTurn, type LoadTurnDeps, type TurnInProgress } from "./load-turn.ts";
import type { IsOverBudget } from "./read-budget.ts";
import { createTyping, type TypingDeps } from "./show-typing.ts";

export interface ReplyTurnDeps extends LoadTurnDeps, AskResponderDeps, EndTurnDeps, Omit<TypingDeps, "loadTurn"> {
  readonly responderOf: (settings: ReplySettings) => Responder;
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

export function createReplyTurn(deps: ReplyTurnDeps): ReplyTurn {
  const loadTurn = createLoadTurn(deps);
  const askResponder = createAskResponder(deps);
  const endTurn = createEndTurn(deps);
  const typing = createTyping({ ...deps, loadTurn });

  async function ask(turn: TurnInProgress, signals: TurnSignals): Promise<TurnResult> {
    const { lane, settings } = turn;
    const responder = deps.responderOf(settings);
    if (responder.wants === "memory" && (await deps.isOverBudget(lane, settings)))
      return { ending: handoffEnding("budget", turn), coversTo: lane.wanted };
    const shown = typing.show(turn);
    try {
      return await askResponder(turn, responder, signals);
    } finally {
      // A typing indicator that arrives after the reply would stay for 25 seconds.
      await shown;
    }
  }

  return {
    async run(lane, stop, newer = NEVER) {
      const begunAt = performance.now();
      const turn = await loadTurn(lane);
      const result = decideTurn(turn) ?? (await ask(turn, { stop, newer }));
      await deps.failPoints.hit("turn.before-commit");
      await endTurn(turn, result, begunAt);
    },
    greet(lanes) {
      typing.showEarly(lanes);
    },
  };
}
