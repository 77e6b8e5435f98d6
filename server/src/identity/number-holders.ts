// Owns: who had a phone number when, as far as changes of number tell: by the provider's time, in any order of arrival. Whoever leaves a number had it up to
// that second, whoever takes it has it from that second on. Refuses to know: databases, and what else proves who somebody is.
import { type Identity, phoneDigits } from "./identifier.ts";

/** From when to when a number was one person's; null is as far as anybody knows. */
export interface Tenure {
  readonly conversationId: string;
  readonly since: Date | null;
  readonly until: Date | null;
  /** The alias itself; the others are of former holders. */
  readonly isCurrent: boolean;
  /** The first message of the thread: who wrote it had the number then. */
  readonly begunAt: Date;
}

/** Somebody goes on with another number. */
export interface NumberChange {
  /** Absent when the payload does not name it. */
  readonly left: string | undefined;
  readonly taken: string;
}

/** Undefined when the change is not one of number. */
export function numberChangeOf(before: Identity, after: Identity | undefined): NumberChange | undefined {
  const [left, taken] = [before.phone, after?.phone].map(phoneDigits);
  return taken === undefined || taken === left ? undefined : { left, taken };
}

/** Somebody had the number for a shorter time than was known. */
export type ShorterTenure = { readonly tenure: Tenure } & ({ readonly since: Date } | { readonly until: Date });

/** What happens to a number that a thread is to have for a time in which nobody has it. */
export type Placement =
  /** The thread has it from now on; who had it goes on among the former holders. */
  | { readonly kind: "take"; readonly since: Date }
  /** It had it for a time that is over. `shorter`: whoever was known to have it at that time. */
  | { readonly kind: "past"; readonly since: Date | null; readonly until: Date; readonly shorter?: ShorterTenure }
  | { readonly kind: "none" };

export const justBefore = (time: Date): Date => new Date(time.getTime() - 1);
export const justAfter = (time: Date): Date => new Date(time.getTime() + 1);

export function isHeldAt({ since, until }: Pick<Tenure, "since" | "until">, at: Date): boolean {
  return (since === null || since <= at) && (until === null || at <= until);
}

export function holderAt(tenures: readonly Tenure[], at: Date): Tenure | undefined {
  return tenures.find((tenure) => isHeldAt(tenure, at));
}

/**
 * A change is reported once for each number of the business, not always with the same second, and what was written just before it may bear a later one.
 * A number finds its next owner after weeks.
 */
const REPEAT_MS = 60_000;

const isJustAfter = (time: Date, change: Date): boolean => time > change && time.getTime() - change.getTime() <= REPEAT_MS;

/** Somebody who has left the one number has the other. */
export function isRepeatedChange(left: readonly Tenure[], taken: readonly Tenure[], at: Date): boolean {
  return taken.some((tenure) => {
    const { conversationId, since } = tenure;
    const isSoon = since !== null && isJustAfter(since, at);
    return (isSoon || isHeldAt(tenure, at)) && left.some((other) => other.conversationId === conversationId && other.until !== null);
  });
}

/** Who left the number then. A thread that began afterwards is its next holder's. */
export function leaverOf(left: readonly Tenure[], taken: readonly Tenure[], at: Date): Tenure | undefined {
  const holder = holderAt(left, at);
  if (holder !== undefined && holder.begunAt <= at) return holder;
  const has = holderAt(taken, at)?.conversationId;
  return left.find(({ conversationId, until }) => {
    return conversationId === has && until !== null && isJustAfter(at, until);
  });
}

/** The thread of whoever took the number then, if they wrote before the change was reported. An older thread is its former holder's. */
export function takerOf(taken: readonly Tenure[], at: Date, leaver: Tenure | undefined): Tenure | undefined {
  const holder = holderAt(taken, at);
  if (holder === undefined || holder.conversationId === leaver?.conversationId) return holder;
  return holder.begunAt >= at || holder.since?.getTime() === at.getTime() ? holder : undefined;
}

/** The end of the last time before `at` that somebody had the number. */
export function freeSince(tenures: readonly Tenure[], at: Date): Date | null {
  const ends = tenures.flatMap(({ until }) => (until !== null && until < at ? [until.getTime()] : []));
  return ends.length === 0 ? null : justAfter(new Date(Math.max(...ends)));
}

/** The beginning of the next time after `at` that somebody has it. */
function takenFrom(tenures: readonly Tenure[], at: Date): Date | undefined {
  const beginnings = tenures.flatMap(({ since }) => (since !== null && since > at ? [since.getTime()] : []));
  return beginnings.length === 0 ? undefined : new Date(Math.min(...beginnings));
}

/** Since when the thread shows that its holder has the number; what they wrote just after they left it shows no more than that. */
const shownSince = ({ begunAt, until }: Tenure): Date => (until !== null && until < begunAt ? until : begunAt);

/** `group`: the threads of whoever writes. From a number that nobody has at that time; one that they left just before stays left. */
export function placeWriter(tenures: readonly Tenure[], at: Date, group: readonly string[]): Placement {
  const hasLeft = tenures.some(({ conversationId, until }) => group.includes(conversationId) && until !== null && isJustAfter(at, until));
  if (hasLeft) return { kind: "none" };
  const next = takenFrom(tenures, at);
  const since = freeSince(tenures, at);
  if (next !== undefined) return { kind: "past", since, until: justBefore(next) };
  return since === null ? { kind: "none" } : { kind: "take", since };
}

/** Somebody takes a number that leads to another person's thread. */
export function placeTaker(tenures: readonly Tenure[], at: Date): Placement {
  const present = holderAt(tenures, at);
  const shown = present?.since === null ? shownSince(present) : at;
  if (present !== undefined && shown > at) {
    return { kind: "past", since: at, until: justBefore(shown), shorter: { tenure: present, since: shown } };
  }
  const next = takenFrom(tenures, at);
  if (next === undefined) return { kind: "take", since: at };
  if (present === undefined) return { kind: "past", since: at, until: justBefore(next) };
  if (present.until === null || present.since?.getTime() === at.getTime()) return { kind: "none" };
  return { kind: "past", since: at, until: present.until, shorter: { tenure: present, until: justBefore(at) } };
}

/** `group`: the threads of whoever left a number that did not lead to them then. It may have led to them since, for what they wrote just after the change. */
export function placeLeaver(tenures: readonly Tenure[], at: Date, group: readonly string[]): Placement {
  const present = holderAt(tenures, at);
  if (present === undefined) return { kind: "past", since: freeSince(tenures, at), until: at };
  if (present.since !== null || shownSince(present) <= at) return { kind: "none" };
  if (group.includes(present.conversationId) && isJustAfter(present.begunAt, at)) return { kind: "none" };
  return { kind: "past", since: freeSince(tenures, at), until: at, shorter: { tenure: present, since: justAfter(at) } };
}
