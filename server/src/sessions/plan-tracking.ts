// Owns: what a run of the session lane has to write: which sessions to open, to close, to reopen. Pure. Refuses to know: how it is written.
import { cutSessions, type ClosedReason, type CustomerMessage, type SessionRules, type SessionWindow } from "./cut-sessions.ts";

/** The newest session of the thread. */
export interface LastSession {
  readonly id: string;
  readonly fromSeq: number;
  readonly toSeq: number | null;
}

export interface LaneReading {
  readonly last: LastSession | null;
  /** Where the sessions begin that wait for their summaries. */
  readonly pending: readonly number[];
  /** From where `last` begins if it is open, or if something was written into it late; else what came after it. */
  readonly messages: readonly CustomerMessage[];
  /** The position that the lane was to reach when this was read. */
  readonly wanted: number;
  readonly nowMs: number;
}

export interface SessionChange {
  /** Null: a new one. */
  readonly id: string | null;
  readonly fromSeq: number;
  readonly openedAtMs: number;
  /** Null: it is open. */
  readonly closed: { readonly toSeq: number; readonly atMs: number; readonly reason: ClosedReason } | null;
}

export interface TrackingPlan {
  readonly changes: readonly SessionChange[];
  /** How many closed sessions have no summary yet. */
  readonly pending: number;
  /** How far the lane's work is done; and how far it will be once the summaries are stored. */
  readonly done: number;
  readonly doneAfterSummaries: number;
  /** When the open session ends if nothing more comes. */
  readonly openUntilMs: number | null;
}

/** `closeByHand`: a session that is open after all this ends now. */
export function planTracking(reading: LaneReading, rules: SessionRules, closeByHand = false): TrackingPlan {
  const { last, messages, nowMs } = reading;
  const windows = cutSessions(messages, rules);
  const first = messages[0];
  const goesOn = last !== null && (last.toSeq === null || (first !== undefined && first.seq <= last.toSeq));
  const changes = windows.flatMap((window, index) => {
    const row = goesOn && index === 0 ? last : null;
    const closed = closedOf(window, nowMs, closeByHand);
    // Written late, but still not into it: it stays as it is.
    if (row !== null && row.toSeq !== null && closed?.toSeq === row.toSeq) return [];
    return [{ id: row?.id ?? null, fromSeq: row?.fromSeq ?? window.fromSeq, openedAtMs: window.openedAtMs, closed }];
  });
  if (windows.length === 0 && last !== null && last.toSeq === null) changes.push(emptied(last, nowMs));
  return { changes, ...laneAfter(reading, changes, windows) };
}

function closedOf(window: SessionWindow, nowMs: number, closeByHand: boolean): SessionChange["closed"] {
  if (window.isEnded || window.endsAtMs <= nowMs) return { toSeq: window.toSeq, atMs: window.endsAtMs, reason: window.reason };
  return closeByHand ? { toSeq: window.toSeq, atMs: nowMs, reason: "by_hand" } : null;
}

/** Its messages went back to another thread, with a split. */
function emptied({ id, fromSeq }: LastSession, nowMs: number): SessionChange {
  return { id, fromSeq, openedAtMs: nowMs, closed: { toSeq: fromSeq, atMs: nowMs, reason: "inactive" } };
}

function laneAfter(
  { pending, wanted }: LaneReading,
  changes: readonly SessionChange[],
  windows: readonly SessionWindow[],
): Omit<TrackingPlan, "changes"> {
  const changed = new Set(changes.map(({ fromSeq }) => fromSeq));
  const closed = changes.filter((change) => change.closed !== null).map(({ fromSeq }) => fromSeq);
  const waiting = [...pending.filter((fromSeq) => !changed.has(fromSeq)), ...closed];
  const open = changes.find((change) => change.closed === null);
  const doneAfterSummaries = open === undefined ? wanted : Math.min(wanted, open.fromSeq - 1);
  return {
    pending: waiting.length,
    done: Math.max(0, Math.min(doneAfterSummaries, ...waiting.map((fromSeq) => fromSeq - 1))),
    doneAfterSummaries,
    openUntilMs: open === undefined ? null : (windows.at(-1)?.endsAtMs ?? null),
  };
}
