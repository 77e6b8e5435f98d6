// Owns: what the answer to a send teaches: the provider knows the number that we wrote to under another spelling. Only this makes a
// variant an alias. Best effort: a failure delays and fails nothing, and the next send teaches the same.
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { phoneDigits, phoneIdentifier } from "./identifier.ts";
import type { ClaimIdentity } from "./settle-identity.ts";

export interface SpellingLesson {
  readonly businessId: BusinessId;
  /** Digits. */
  readonly sentTo: string;
  /** The account that the provider found for it. */
  readonly waId: string;
  readonly providerMessageId: string;
}

export type LearnSpelling = (lesson: SpellingLesson) => Promise<void>;

export function createLearnSpelling(deps: { readonly claimIdentity: ClaimIdentity; readonly log: Log }): LearnSpelling {
  return async ({ businessId, sentTo, waId, providerMessageId }) => {
    const digits = phoneDigits(waId);
    if (digits === undefined || digits === sentTo) return;
    const identifiers = [sentTo, digits].map(phoneIdentifier);
    try {
      // A claim, not a proof: where both numbers are known as two people, a send is no reason to take one of them away.
      const request = { businessId, identifiers, newKeys: undefined, at: new Date() };
      await deps.claimIdentity({ ...request, reason: "provider_confirmed", proof: { providerMessageId } });
    } catch (error) {
      deps.log.warn({ businessId, source: "send", error: messageOf(error) }, "identity.not-learned");
    }
  };
}
