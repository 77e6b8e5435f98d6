// Owns: one run of the reply lane: load, decide, gather, ask the responder, commit. The customer is never left without an end to the turn.
// What comes before the responder is done in places that businesses share, so that nobody's turn waits behind the many of another business.
import type { ContextPicture, Responder } from "../answers/responder.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { createAskResponder, type AskResponderDeps, type TurnQuestion } from "./ask-responder.ts";
import { decideTurn } from "./decide-turn.ts";
import { createEndTurn, type EndTurnDeps, type TurnResult } from "./end-turn.ts";
import { handoffEnding } from "./endings.ts";
import { NO_MEMORY, type GatherMemory } from "./gather-memory.ts";
import { createLoadTurn, type LoadTurnDeps, type TurnInProgress } from "./load-turn.ts";
import type { IsOverBudget } from "./read-budget.ts";
import { createTyping, type TypingDeps } from "./show-typing.ts";
import { createTurnFiles, type PictureOfTurn } from "./turn-files.ts";

export interface ReplyTurnDeps extends LoadTurnDeps, AskResponderDeps, Omit<EndTurnDeps, "turnFiles">, Omit<TypingDeps, "loadTurn"> {
  readonly responderOf: (settings: ReplySettings) => Responder;
  readonly gatherMemory: GatherMemory;
  readonly isOverBudget: IsOverBudget;
  readonly showPicture: ShowPicture;
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
  | (Pick<TurnQuestion, "memory" | "pictures" | "responder" | "turn"> & { readonly shown: Promise<void> });

interface Decided {
  readonly turn: TurnInProgress;
  readonly result: TurnResult | undefined;
  readonly pictures: readonly PictureOfTurn[];
}

/** A picture as a model is shown it. Undefined: it is not to be had. Never rejects. */
export type ShowPicture = (picture: {
  readonly businessId: BusinessId;
  readonly sha256: string;
  readonly maxPixels: number;
}) => Promise<Uint8Array | undefined>;

/** Only what the customer wrote: our own labels ("Document: order.pdf") would find texts about them. */
const askedIn = ({ thread: { burst } }: TurnInProgress): string => burst.map(({ words }) => words ?? "").join("\n");

export function createReplyTurn(deps: ReplyTurnDeps): ReplyTurn {
  const loadTurn = createLoadTurn(deps);
  const askResponder = createAskResponder(deps);
  const turnFiles = createTurnFiles(deps);
  const endTurn = createEndTurn({ ...deps, turnFiles });
  const typing = createTyping({ ...deps, loadTurn });
  const places = createFairPlaces(PREPARING);

  /** What was said in its files is part of the turn, or it rests until that is known. */
  async function decide(loaded: TurnInProgress): Promise<Decided> {
    const result = decideTurn(loaded);
    const looked = result === undefined ? turnFiles.look(loaded) : undefined;
    if (looked === undefined) return { turn: loaded, result, pictures: [] };
    const seen = await looked;
    if (seen.outcome === "waits") return { turn: loaded, result: { restMs: seen.waitMs }, pictures: [] };
    return { turn: seen.turn, result: decideTurn(seen.turn), pictures: seen.pictures };
  }

  async function show({ lane: { businessId }, settings: { pictures: setting } }: TurnInProgress, pictures: readonly PictureOfTurn[]) {
    const maxPixels = setting?.maxPixels ?? 0;
    const shown = await Promise.all(
      pictures.map(async ({ seq, sha256 }) => ({ seq, data: await deps.showPicture({ businessId, sha256, maxPixels }) })),
    );
    return shown.flatMap(({ seq, data }): ContextPicture[] => (data === undefined ? [] : [{ seq, mediaType: "image/jpeg", data }]));
  }

  async function begin(lane: ClaimedLane): Promise<Beginning> {
    const responder = deps.responderOf(await deps.settings.find(lane.businessId));
    const gather = responder.wants === "memory" ? deps.gatherMemory(lane) : undefined;
    const { turn, result, pictures } = await decide(await loadTurn(lane));
    if (result !== undefined) return { turn, result };
    if (responder.wants === "memory" && (await deps.isOverBudget(lane, turn.settings)))
      return { turn, result: { ending: handoffEnding("budget", turn), coversTo: lane.wanted } };
    const shown = typing.show(turn);
    const { language } = turn.state;
    const showing = pictures.length === 0 ? [] : show(turn, pictures);
    const memory = (await gather?.({ text: askedIn(turn), language })) ?? NO_MEMORY;
    return { turn, responder, memory, pictures: await showing, shown };
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
