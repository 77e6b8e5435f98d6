// Owns: one run of the reply lane: look, decide, ask the responder, commit. The customer is never left without an end to the turn.
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { RowOf } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type MessageId, type TurnId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import { cleanString } from "../whatsapp/storable-json.ts";
import { buildContext, type RecentMessage } from "./build-context.ts";
import { commitTurns, loadRecentMessages, loadReplyState } from "./replies.queries.ts";
import type { Responder, ResponderAnswer } from "./responder.ts";

export interface ReplyTurnDeps {
  readonly database: Database;
  readonly responder: Responder;
  readonly transportOf: TransportOf;
  readonly failPoints: FailPoints;
  readonly log: Log;
  readonly wake: (kind: "reply" | "send") => void;
  /** Told after each commit; what it throws is logged and changes nothing. */
  readonly onTurn?: (state: string, ms: number) => void;
  readonly responderTimeoutMs?: number;
}

type State = RowOf<typeof loadReplyState.columns>;
interface Thread {
  readonly state: State;
  readonly rows: readonly RecentMessage[];
}
type Ending = {
  readonly state: "replied" | "handed_off" | "skipped" | "failed";
  readonly reason: string | null;
  readonly text: string | null;
  readonly error?: string;
};

interface Commit {
  readonly lane: ClaimedLane;
  readonly ending: Ending;
  readonly final: boolean;
  readonly startedAt: Date;
}

/** What WhatsApp takes of a text at most. */
const TEXT_MAX = 4_096;
/** After so many superseded turns the customer gets an answer, even while he is still writing. */
const MAX_SUPERSEDED = 2;
const MAX_ATTEMPTS = 3;
/** A turn that could not even be written so many times ends as failed, for people to see, and lets the thread go on. */
const GIVE_UP_AFTER = 8;
const TYPING_TIMEOUT_MS = 3_000;
const RESPONDER_TIMEOUT_MS = 20_000;

export function createReplyTurn(deps: ReplyTurnDeps): (lane: ClaimedLane, signal: AbortSignal) => Promise<void> {
  const { database, responder, log } = deps;

  const load = createBusinessBatcher<ClaimedLane, { readonly state: State | undefined; readonly rows: readonly RecentMessage[] }>({
    slots: 2,
    async run(businessId, lanes) {
      const db = database.forBusiness(businessId);
      const ids = lanes.map((lane) => lane.conversationId);
      const states = await db.run(loadReplyState, [businessId, ids]);
      const stateOf = new Map(states.map((row) => [row.conversation_id, row]));
      const messages = await db.run(loadRecentMessages, [
        businessId,
        ids,
        lanes.map((lane) => lane.wanted),
        lanes.map((lane) => stateOf.get(lane.conversationId)?.answered_to ?? 0),
      ]);
      const rowsOf = new Map<string, RecentMessage[]>();
      for (const row of messages) {
        const rows = rowsOf.get(row.conversation_id);
        if (rows === undefined) rowsOf.set(row.conversation_id, [row]);
        else rows.push(row);
      }
      return lanes.map((lane) => ({ state: stateOf.get(lane.conversationId), rows: rowsOf.get(lane.conversationId) ?? [] }));
    },
  });

  const commit = createBusinessBatcher<Commit, RowOf<typeof commitTurns.columns> | undefined>({
    slots: 2,
    async run(businessId, commits) {
      const rows = await database
        .forBusiness(businessId)
        .run(commitTurns, [
          businessId,
          commits.map(({ lane }) => lane.conversationId),
          commits.map(({ lane }) => lane.fence),
          commits.map(() => newId<TurnId>()),
          commits.map(({ lane }) => lane.done + 1),
          commits.map(({ lane }) => lane.wanted),
          commits.map(({ ending }) => ending.state),
          commits.map(({ ending }) => ending.reason),
          commits.map(({ ending }) => (ending.text === null ? null : responder.name)),
          commits.map(({ final }) => final),
          commits.map(() => newId<MessageId>()),
          commits.map(({ ending }) => ending.text),
          commits.map(({ ending }) => ending.error ?? null),
          commits.map(({ lane }) => lane.attempts + 1),
          commits.map(({ startedAt }) => startedAt),
        ]);
      const byConversation = new Map(rows.map((row) => [row.conversation_id, row]));
      return commits.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });

  /** Read, and "typing": best effort, and never longer than a customer would notice. */
  async function showTyping(state: State, providerMessageId: string | null): Promise<void> {
    const transport = deps.transportOf(state.channel_provider, state.channel_settings);
    if (transport === undefined || providerMessageId === null || state.channel_external_id === null || state.access_token === null) return;
    if (state.channel_stopped) return;
    const to = chatOf(state);
    const shown = transport.markRead({
      phoneNumberId: state.channel_external_id,
      accessToken: state.access_token,
      providerMessageId,
      typing: true,
      ...(to === undefined ? {} : { to }),
    });
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([shown, new Promise((resolve) => (timer = setTimeout(resolve, TYPING_TIMEOUT_MS)))]);
    clearTimeout(timer);
  }

  async function ask(lane: ClaimedLane, { state, rows }: Thread, signal: AbortSignal): Promise<Ending> {
    const { burst, history, newestInbound } = buildContext(rows, state.answered_to);
    if (burst.length === 0) return { state: "skipped", reason: "nothing_to_answer", text: null };
    const typing = showTyping(state, newestInbound);
    const context = {
      businessId: lane.businessId,
      conversationId: lane.conversationId,
      customerName: state.contact_name,
      language: state.language,
      handoffText: state.handoff_text,
      burst,
      history,
    };
    try {
      const timeout = AbortSignal.timeout(deps.responderTimeoutMs ?? RESPONDER_TIMEOUT_MS);
      const answer = await untilAborted(responder.respond(context, AbortSignal.any([signal, timeout])), AbortSignal.any([signal, timeout]));
      return endingOf(answer);
    } catch (error) {
      // Tried again with a backoff, then answered all the same: with the business's own words, and a person is fetched.
      if (signal.aborted || lane.attempts + 1 < MAX_ATTEMPTS) throw error;
      log.error({ conversationId: lane.conversationId, error }, "turn.responder-failed");
      return { state: "handed_off", reason: "responder_failed", text: state.handoff_text, error: messageOf(error).slice(0, 1000) };
    } finally {
      // A typing indicator that arrives after the reply would stay for 25 seconds.
      await typing;
    }
  }

  function refusalOf(state: State, lane: ClaimedLane): Ending | undefined {
    if (lane.attempts >= GIVE_UP_AFTER) return { state: "failed", reason: "gave_up", text: null };
    if (state.ai_paused) return { state: "skipped", reason: "taken_over", text: null };
    if (!state.ai_enabled) return { state: "skipped", reason: "ai_disabled", text: null };
    if (state.opted_out) return { state: "skipped", reason: "opted_out", text: null };
    if (!state.window_open) return { state: "skipped", reason: "window_closed", text: null };
    if (state.reply_kind === null) return { state: "skipped", reason: "no_address", text: null };
    if (state.reply_kind === "group" && !state.answers_groups) return { state: "skipped", reason: "group", text: null };
    return undefined;
  }

  return async (lane, signal) => {
    const startedAt = new Date();
    const { state, rows } = await load(lane.businessId, lane);
    if (state === undefined) throw new Error("the conversation of this lane does not exist");
    const ending = refusalOf(state, lane) ?? (await ask(lane, { state, rows }, signal));
    await deps.failPoints.hit("turn.before-commit");
    const result = await commit(lane.businessId, { lane, ending, final: state.superseded_since >= MAX_SUPERSEDED, startedAt });
    await deps.failPoints.hit("turn.after-commit");
    if (result === undefined) {
      log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "turn.lost");
      return;
    }
    if (result.state === "replied" || result.state === "handed_off") deps.wake("send");
    try {
      deps.onTurn?.(result.state, Date.now() - startedAt.getTime());
    } catch (error) {
      log.error({ error: messageOf(error) }, "turn.bookkeeping-failed");
    }
  };
}

function chatOf({ reply_kind, reply_address }: State): string | undefined {
  if (reply_address === null) return undefined;
  if (reply_kind === "phone") return `+${reply_address}`;
  return reply_kind === "lid" ? `${reply_address}@lid` : reply_address;
}

function endingOf({ text: written, ...answer }: ResponderAnswer): Ending {
  const text = cleanString(written.slice(0, TEXT_MAX));
  if (answer.outcome === "reply") return { state: "replied", reason: null, text };
  return { state: "handed_off", reason: answer.reason, text };
}

/** A responder that ignores its signal must not hold the lane. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
