// Owns: the words in which every provider's notices reach the rest of Onethread. Refuses to know: how they are read, and whose channel it is.
import { cleanString } from "../kernel/storable-json.ts";

export type Health = "ok" | "restricted" | "disconnected" | "removed" | "banned";
export interface Aspect {
  readonly aspect: string;
  /** In the provider's own word. */
  readonly state: string;
  readonly health: Health;
  readonly until?: Date;
  /** What it says of this side alone; absent: the signal's own sentence says it. */
  readonly sentence?: string;
}
export interface TemplateFacts {
  readonly name: string;
  readonly language: string;
  readonly category?: string;
  readonly status?: string;
  readonly quality?: string;
  readonly providerId?: string;
  /** Why it was rejected or paused; with a status. */
  readonly reason?: string;
  /** How long a pause lasts from the report on, where the platform's rules say so. */
  readonly pausedMs?: number;
  /** Announced: the category that it will have, and from when on. */
  readonly nextCategory?: string;
  readonly nextCategoryAt?: Date;
}
export interface Signal {
  readonly severity: "info" | "warning" | "critical";
  readonly sentence: string;
  readonly aspects: readonly Aspect[];
  readonly template?: TemplateFacts;
  /** The account that it is about, where that is not the one in whose name it came. */
  readonly accountId?: string;
  /** Of an account's numbers this one. */
  readonly displayPhoneNumber?: string;
  readonly phoneNumberId?: string;
  /** The provider's time; absent: it gives none. */
  readonly at?: Date;
  /** A state, which may be reported again and again: what is known already is not reported again. Absent: it is new each time. */
  readonly onlyIfChanged?: true;
  /** Its body has neither a time nor an id: the same bytes may be another report. */
  readonly comesAlike?: true;
  /** That it came is all that is known: a later version may make more of it. */
  readonly isUnknown?: true;
}

/** What a notice says, whoever it concerns. */
export type SignalFacts = Omit<Signal, "displayPhoneNumber" | "phoneNumberId" | "accountId" | "at">;
export type SignalSeverity = Signal["severity"];

const MAX_WORD = 200;
export const short = (text: string | undefined): string => cleanString(text ?? "").slice(0, MAX_WORD);
export const aspectOf = (aspect: string, state: string, health: Health = "ok"): Aspect => ({ aspect, state: short(state), health });

/** Holds until the next one of its kind. */
export const stateOf = (severity: SignalSeverity, sentence: string, ...aspects: readonly Aspect[]): SignalFacts => ({
  severity,
  sentence,
  aspects,
  onlyIfChanged: true,
});

/** Happened, once. */
export const happened = (severity: SignalSeverity, sentence: string, ...aspects: readonly Aspect[]): SignalFacts => ({
  severity,
  sentence,
  aspects,
});
