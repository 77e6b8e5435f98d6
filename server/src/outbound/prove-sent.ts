// Owns: when a list of what a provider has sent proves that one message of ours was sent. Refuses to know: how the list was got. What proves nothing leaves the message as it
// was: a second message is worse than one that a person has to look for.
import type { SentRecord } from "../whatsapp/sent-lookup.ts";

export interface SentProofInput {
  readonly scope: "chat" | "number";
  readonly records: readonly SentRecord[];
  readonly isWhole: boolean;
  /** The ids among the records that are of messages that we have. */
  readonly known: ReadonlySet<string>;
  readonly attemptedAt: Date;
  /** The text that was to be sent; undefined: the message is no text. */
  readonly text: string | undefined;
}

/** Providers tell whole seconds, and their clocks are not ours. */
const SKEW_MS = 5_000;
/** A request that was cut may have been worked on for as long as it may take (ONETHREAD_SEND_TIMEOUT_MS allows five minutes). */
const LONGEST_SEND_MS = 360_000;
/** Whoever sent on the number longer ago than that does not send on it now. */
const STRANGER_MS = 30 * 86_400_000;

/** The provider's id of the message, or undefined. Whoever uses it still has to see that no other message of ours may be the one (`settleFoundSend`). */
export function proveSent(input: SentProofInput): string | undefined {
  const strange = input.records.filter(({ providerMessageId }) => !input.known.has(providerMessageId));
  if (!input.isWhole) return undefined;
  return input.scope === "chat" ? provenByText(strange, input) : provenByExclusion(strange, input);
}

/** In that chat, in that time, exactly one message with these words whose id we do not know. */
function provenByText(strange: readonly SentRecord[], { text, attemptedAt }: SentProofInput): string | undefined {
  if (text === undefined) return undefined;
  return onlyOne(strange.filter((record) => record.text === text && isWithin(record.at, attemptedAt)));
}

/** On the whole number exactly one message that we do not know, and it is of that time: with another one somebody else sends on it too. */
function provenByExclusion(strange: readonly SentRecord[], { attemptedAt }: SentProofInput): string | undefined {
  const recent = strange.filter(({ at }) => at.getTime() > attemptedAt.getTime() - STRANGER_MS);
  return recent.every(({ at }) => isWithin(at, attemptedAt)) ? onlyOne(recent) : undefined;
}

function onlyOne(records: readonly SentRecord[]): string | undefined {
  return records.length === 1 ? records[0]?.providerMessageId : undefined;
}

function isWithin(at: Date, attemptedAt: Date): boolean {
  const after = at.getTime() - attemptedAt.getTime();
  return after >= -SKEW_MS && after <= LONGEST_SEND_MS;
}
