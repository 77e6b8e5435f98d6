// Owns: where sessions begin and end, as a function of the customer's messages alone. Live tracking and rebuilding both ask here, so they cannot
// disagree. Pure. Refuses to know: rows, lanes, what time it is.
import { dayOf, nextMidnight } from "./next-midnight.ts";

/** A message of the customer: inbound, not from a gateway's history, not a notice of the system. */
export interface CustomerMessage {
  readonly seq: number;
  /** When it was received, in whole milliseconds. */
  readonly atMs: number;
}

export interface SessionRules {
  readonly inactivityMs: number;
  /** The zone whose midnights end sessions; null: they do not. */
  readonly dayZone: string | null;
}

/** A fact that the messages do not show: somebody closed the session there, or a merge did. */
export interface ForcedEnd {
  readonly afterSeq: number;
  readonly atMs: number;
  readonly reason: "by_hand" | "merged";
}

export type ClosedReason = ForcedEnd["reason"] | "inactive" | "new_day";

export interface SessionWindow {
  readonly fromSeq: number;
  /** The customer's last message in it; of a forced end the position where it was forced. */
  readonly toSeq: number;
  readonly openedAtMs: number;
  /** When it ends, or would end, if the customer writes nothing more. */
  readonly endsAtMs: number;
  readonly reason: ClosedReason;
  /** Something later has ended it; the last window is open until its time has come. */
  readonly isEnded: boolean;
}

interface Limits {
  readonly endsAtMs: number;
  readonly reason: ClosedReason;
}

interface WindowInProgress {
  readonly fromSeq: number;
  readonly openedAtMs: number;
  toSeq: number;
  lastAtMs: number;
}

/**
 * The sessions of these messages, in their order. A new one begins when the customer was silent for longer than `inactivityMs`, at a new day of
 * `dayZone`, and after a forced end. After a merge, one former thread follows the other, so time may also jump back: a session ends there too.
 */
export function cutSessions(
  messages: readonly CustomerMessage[],
  rules: SessionRules,
  forced: readonly ForcedEnd[] = [],
): readonly SessionWindow[] {
  const ends = [...forced].sort((a, b) => a.afterSeq - b.afterSeq);
  const windows: SessionWindow[] = [];
  let growing: WindowInProgress | undefined;
  let limits: Limits = { endsAtMs: 0, reason: "inactive" };
  for (const message of [...messages].sort((a, b) => a.seq - b.seq)) {
    if (growing !== undefined) {
      const end = forcedBetween(ends, growing.toSeq, message.seq);
      if (end !== undefined || isBeyond(message.atMs, { ...limits, lastAtMs: growing.lastAtMs }, rules)) {
        windows.push(windowOf(growing, limits, { end, isEnded: true }));
        growing = undefined;
      }
    }
    if (growing === undefined) growing = { fromSeq: message.seq, openedAtMs: message.atMs, toSeq: message.seq, lastAtMs: message.atMs };
    else if (message.atMs > growing.lastAtMs) growing.lastAtMs = message.atMs;
    growing.toSeq = message.seq;
    limits = limitsOf(growing.lastAtMs, rules);
  }
  if (growing !== undefined) {
    const end = forcedBetween(ends, growing.toSeq, Infinity);
    windows.push(windowOf(growing, limits, { end, isEnded: end !== undefined }));
  }
  return windows;
}

/** When a session ends whose customer wrote last at this time. */
export function limitsOf(lastAtMs: number, { inactivityMs, dayZone }: SessionRules): Limits {
  const silentAtMs = lastAtMs + inactivityMs;
  if (dayZone === null || dayOf(silentAtMs, dayZone) <= dayOf(lastAtMs, dayZone)) return { endsAtMs: silentAtMs, reason: "inactive" };
  return { endsAtMs: nextMidnight(lastAtMs, dayZone), reason: "new_day" };
}

function isBeyond(atMs: number, limits: Limits & { readonly lastAtMs: number }, { inactivityMs }: SessionRules): boolean {
  if (limits.reason === "new_day" ? atMs >= limits.endsAtMs : atMs > limits.endsAtMs) return true;
  return limits.lastAtMs - atMs > inactivityMs;
}

// Two ends with no message of the customer between them are one: the first.
function forcedBetween(ends: readonly ForcedEnd[], fromSeq: number, beforeSeq: number): ForcedEnd | undefined {
  return ends.find(({ afterSeq }) => afterSeq >= fromSeq && afterSeq < beforeSeq);
}

function windowOf(
  { fromSeq, openedAtMs, toSeq }: WindowInProgress,
  limits: Limits,
  { end, isEnded }: { readonly end: ForcedEnd | undefined; readonly isEnded: boolean },
): SessionWindow {
  if (end !== undefined) return { fromSeq, toSeq: end.afterSeq, openedAtMs, endsAtMs: end.atMs, reason: end.reason, isEnded };
  return { fromSeq, toSeq, openedAtMs, ...limits, isEnded };
}
