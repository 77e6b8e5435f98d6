// Owns: how the sessions that a thread has differ from those that follow from its messages. Pure. Refuses to know: how that is written.
import { cutSessions, type CustomerMessage, type ForcedEnd, type SessionRules, type SessionWindow } from "./cut-sessions.ts";
import type { SessionChange, TrackingPlan } from "./plan-tracking.ts";

export interface StoredSession {
  readonly id: string;
  readonly fromSeq: number;
  readonly toSeq: number | null;
  readonly closedAtMs: number | null;
  readonly reason: string | null;
  readonly summaryState: string;
  readonly hasSummary: boolean;
}

export interface StoredThread {
  readonly sessions: readonly StoredSession[];
  readonly messages: readonly CustomerMessage[];
  /** The position that the lane is to reach. */
  readonly wanted: number;
  readonly nowMs: number;
}

export interface RebuildPlan {
  readonly tracking: Omit<TrackingPlan, "doneAfterSummaries">;
  readonly removed: readonly string[];
  /** Right as they are, but closed without a summary. */
  readonly unsummarized: readonly string[];
  readonly counts: { readonly kept: number; readonly added: number; readonly changed: number; readonly removed: number };
}

/**
 * A session is kept, with its summary and its times, when it has the same messages of the customer; so is one that an older system summed up. The ends
 * that somebody forced are facts, and stay.
 */
export function planRebuild({ sessions, messages, wanted, nowMs }: StoredThread, rules: SessionRules): RebuildPlan {
  const rows = sessions.map((row) => ({ row, ...reachOf(row, messages) }));
  const windows = cutSessions(messages, rules, sessions.flatMap(forcedEndOf));
  const kept: StoredSession[] = [];
  const changes: SessionChange[] = [];
  const matched = new Set<StoredSession>();
  let coveredTo = 0;
  for (const window of windows) {
    const closed = closedOf(window, nowMs);
    const found = rows.find(({ row, first }) => first === window.fromSeq && !matched.has(row));
    if (found !== undefined) matched.add(found.row);
    const isFree = found !== undefined && found.row.fromSeq > coveredTo;
    const isSame = isFree && (found.row.toSeq === null) === (closed === null) && found.last === reachOf(window, messages).last;
    if (isSame) kept.push(found.row);
    else {
      const fromSeq = isFree ? found.row.fromSeq : window.fromSeq;
      changes.push({ id: found?.row.id ?? null, fromSeq, openedAtMs: window.openedAtMs, closed });
    }
    coveredTo = isSame ? (found.row.toSeq ?? window.toSeq) : window.toSeq;
  }
  const others = rows.filter(({ row }) => !matched.has(row));
  const older = others
    .filter(({ row, first }) => first === undefined && row.hasSummary && !overlapsAny(row, windows))
    .map(({ row }) => row);
  const removed = others.filter(({ row }) => !older.includes(row)).map(({ row }) => row.id);
  return {
    ...laneAfter({ kept: [...kept, ...older], changes, wanted, openUntilMs: windows.at(-1)?.endsAtMs ?? null }),
    removed,
    counts: {
      kept: kept.length + older.length,
      added: changes.filter(({ id }) => id === null).length,
      changed: changes.filter(({ id }) => id !== null).length,
      removed: removed.length,
    },
  };
}

/** The customer's first and last message between these positions. */
function reachOf({ fromSeq, toSeq }: { readonly fromSeq: number; readonly toSeq: number | null }, messages: readonly CustomerMessage[]) {
  const inside = messages.filter(({ seq }) => seq >= fromSeq && seq <= (toSeq ?? Infinity));
  return { first: inside[0]?.seq, last: inside.at(-1)?.seq };
}

function forcedEndOf({ toSeq, closedAtMs, reason }: StoredSession): readonly ForcedEnd[] {
  if (toSeq === null || closedAtMs === null || (reason !== "by_hand" && reason !== "merged")) return [];
  return [{ afterSeq: toSeq, atMs: closedAtMs, reason }];
}

function closedOf(window: SessionWindow, nowMs: number): SessionChange["closed"] {
  if (!window.isEnded && window.endsAtMs > nowMs) return null;
  return { toSeq: window.toSeq, atMs: window.endsAtMs, reason: window.reason };
}

function overlapsAny(row: StoredSession, windows: readonly SessionWindow[]): boolean {
  return windows.some(({ fromSeq, toSeq }) => row.fromSeq <= toSeq && (row.toSeq ?? Infinity) >= fromSeq);
}

function laneAfter(of: {
  readonly kept: readonly StoredSession[];
  readonly changes: readonly SessionChange[];
  readonly wanted: number;
  readonly openUntilMs: number | null;
}): Pick<RebuildPlan, "tracking" | "unsummarized"> {
  const unsummarized = of.kept.filter((row) => row.toSeq !== null && row.summaryState === "none" && !row.hasSummary);
  const waiting = [
    ...of.kept.filter(({ summaryState }) => summaryState === "pending"),
    ...unsummarized,
    ...of.changes.filter(({ closed }) => closed !== null),
  ].map(({ fromSeq }) => fromSeq);
  const open = of.changes.find(({ closed }) => closed === null) ?? of.kept.find(({ toSeq }) => toSeq === null);
  const starts = [...waiting, ...(open === undefined ? [] : [open.fromSeq])];
  return {
    unsummarized: unsummarized.map(({ id }) => id),
    tracking: {
      changes: of.changes,
      pending: waiting.length,
      done: Math.max(0, Math.min(of.wanted, ...starts.map((fromSeq) => fromSeq - 1))),
      openUntilMs: open === undefined ? null : of.openUntilMs,
    },
  };
}
