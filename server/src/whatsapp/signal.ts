// Owns: the words in which every provider's notices reach the rest of Onethread. Refuses to know: how they are read, and whose channel it is.
export type Health = "ok" | "restricted" | "disconnected" | "removed" | "banned";
export interface Aspect {
  readonly aspect: string;
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
}
export interface Signal {
  readonly severity: "info" | "warning" | "critical";
  readonly sentence: string;
  readonly aspects: readonly Aspect[];
  readonly template?: TemplateFacts;
  /** Of an account's numbers this one. */
  readonly displayPhoneNumber?: string;
  readonly phoneNumberId?: string;
  /** The provider's time; absent: it tells none. */
  readonly at?: Date;
  /** Gateways repeat themselves: what is known already is not told again. */
  readonly onlyIfChanged?: true;
  /** That it came is all that is known: a later version may make more of it. */
  readonly isUnknown?: true;
}
