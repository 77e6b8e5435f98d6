// Owns: when a turn ends before anybody is asked, and as what. Pure.
import type { Row } from "../db/query.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { loadReplyState } from "./replies.queries.ts";
import type { Thread } from "./read-thread.ts";

export type ReplyState = Row<typeof loadReplyState>;

/** A turn that could not even be written so many times ends as failed, for people to see, and lets the thread go on. */
const GIVE_UP_AFTER = 8;

export interface Refusal {
  readonly state: "skipped" | "failed";
  readonly reason: string;
}

const skipped = (reason: string): Refusal => ({ state: "skipped", reason });

/** Undefined: there is something to answer, and it may be answered. */
export function refuseTurn(
  state: ReplyState,
  { lane, thread, staleAfterMs }: { lane: ClaimedLane; thread: Thread; staleAfterMs: number },
): Refusal | undefined {
  if (lane.attempts >= GIVE_UP_AFTER) return { state: "failed", reason: "gave_up" };
  if (state.ai_paused) return skipped("taken_over");
  if (!state.ai_enabled) return skipped("ai_disabled");
  if (state.opted_out) return skipped("opted_out");
  if (!state.window_open) return skipped("window_closed");
  if (state.reply_kind === null) return skipped("no_address");
  if (state.reply_kind === "group" && !state.answers_groups) return skipped("group");
  if (thread.burst.length === 0) return skipped("nothing_to_answer");
  if (thread.newestAt !== null && state.at.getTime() - thread.newestAt.getTime() > staleAfterMs) return skipped("stale");
  return undefined;
}
