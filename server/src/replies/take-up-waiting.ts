// Owns: what becomes of a turn that waits for somebody outside when its lane wakes up: answered, out of time, overtaken by a newer message, or still waiting.
import { z } from "zod";
import type { TurnId } from "../kernel/ids.ts";
import type { TurnResult } from "./end-turn.ts";
import type { TurnWork } from "../answers/responder.ts";
import { endingOf, failureEnding, handoffEnding, type Circumstances } from "./endings.ts";

export interface WaitingTurn {
  readonly id: TurnId;
  readonly coversTo: number;
  readonly waitsFor: "asking" | "answer" | "approval";
  readonly isExpired: boolean;
  /** Nobody outside has said anything yet. */
  readonly isOpen: boolean;
  readonly answer: unknown;
  readonly leftMs: number;
  /** What it has used up before it began to wait. */
  readonly work: TurnWork | undefined;
}

/** As answer-turn.ts stores it. */
const outsideAnswer = z.union([
  z.object({ outcome: z.literal("reply"), texts: z.array(z.string()).min(1) }),
  z.object({ outcome: z.literal("handoff"), reason: z.string(), text: z.string().optional() }),
]);

/** Undefined: the responder is to be asked again (it is not known whether it was, or a person has decided about a tool's call). */
export function takeUpWaiting(
  waiting: WaitingTurn,
  run: Circumstances & { readonly final: boolean; readonly lane: { readonly wanted: number } },
): TurnResult | undefined {
  const { coversTo } = waiting;
  const isOvertaken = run.lane.wanted > coversTo && !run.final;
  if (isOvertaken) return { ending: { state: "superseded", reason: null, texts: [] }, coversTo };
  // Whoever was asking died, or has to try again.
  if (waiting.waitsFor === "asking") return undefined;
  if (waiting.waitsFor === "answer" && !waiting.isOpen) {
    const answer = outsideAnswer.parse(waiting.answer);
    const responder = "webhook";
    if (answer.outcome === "reply") return { ending: { ...endingOf(answer, run), responder }, coversTo };
    return { ending: { ...handoffEnding(answer.reason, run, answer.text), responder }, coversTo };
  }
  if (waiting.isOpen && waiting.isExpired) {
    const isAnswer = waiting.waitsFor === "answer";
    const ending = isAnswer ? failureEnding("no_answer", run) : handoffEnding("approval_expired", run);
    return { ending: { ...ending, responder: isAnswer ? "webhook" : "model" }, coversTo: isAnswer ? coversTo : run.lane.wanted };
  }
  if (waiting.isOpen) return { waitsFor: waiting.waitsFor, waitMs: waiting.leftMs, coversTo };
  return undefined;
}
