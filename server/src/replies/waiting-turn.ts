// Owns: a turn that began earlier and waits for somebody outside, as its row describes it, and what it has used up. Pure.
import { z } from "zod";
import type { TurnWork } from "../answers/responder.ts";
import type { Row } from "../db/query.ts";
import type { TurnId } from "../kernel/ids.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { loadTurns } from "./replies.queries.ts";

export interface WaitingTurn {
  readonly id: TurnId;
  readonly coversTo: number;
  readonly waitsFor: "asking" | "answer" | "approval";
  readonly isExpired: boolean;
  /** Nobody outside has said anything yet. */
  readonly isOpen: boolean;
  readonly answer: unknown;
  readonly leftMs: number;
  /** What it had used up when it began to wait. */
  readonly work: TurnWork | undefined;
}

const storedWork = z.object({
  model: z.string().exactOptional(),
  inputTokens: z.number().exactOptional(),
  outputTokens: z.number().exactOptional(),
  costMicros: z.number().exactOptional(),
});

/** Undefined: none waits, or what it covers has been answered since. */
export function readWaitingTurn(state: Row<typeof loadTurns>, { done }: Pick<ClaimedLane, "done">): WaitingTurn | undefined {
  const { waiting_id: id, waiting_covers_to: coversTo, waits_for: waitsFor, waiting_answer: answer } = state;
  if (id === null || coversTo === null || coversTo <= done) return undefined;
  return {
    id: id as TurnId,
    coversTo,
    waitsFor: waitsFor === "approval" || waitsFor === "asking" ? waitsFor : "answer",
    isExpired: state.waiting_expired,
    isOpen: waitsFor === "approval" ? state.approval_open : answer === null,
    answer,
    leftMs: Math.max(0, state.waiting_in_ms ?? 0),
    work: storedWork.safeParse(state.waiting_work).data,
  };
}

/** The sums; the model, the calls and the sources are those of the later run, which saw the earlier calls. */
export function addWork(earlier: TurnWork | undefined, later: TurnWork | undefined): TurnWork | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier;
  const sum = (key: "inputTokens" | "outputTokens" | "costMicros"): Partial<Record<typeof key, number>> =>
    earlier[key] === undefined && later[key] === undefined ? {} : { [key]: (earlier[key] ?? 0) + (later[key] ?? 0) };
  return { ...earlier, ...later, ...sum("inputTokens"), ...sum("outputTokens"), ...sum("costMicros") };
}
