// Owns which customers see the business typing. Knows nothing of how it was asked for.
import type { VirtualClock } from "./clock.ts";
import type { Customer } from "./customers.ts";

export interface TypingIndicator {
  readonly phoneNumberId: string;
  readonly to: string;
  readonly messageId: string;
  readonly since: string;
}

export interface Typing {
  readonly start: (phoneNumberId: string, customer: Customer, messageId: string) => void;
  /** The next outbound message ends it. */
  readonly end: (phoneNumberId: string, address: string) => void;
  readonly list: () => readonly TypingIndicator[];
  readonly clear: () => void;
}

const lifeMs = 25_000;

export function createTyping(clock: VirtualClock): Typing {
  const shown = new Map<string, { readonly indicator: TypingIndicator; readonly untilMs: number }>();
  const keyOf = (phoneNumberId: string, address: string): string => `${phoneNumberId} ${address}`;
  return {
    start(phoneNumberId, customer, messageId) {
      const to = customer.phone ?? customer.userId ?? "";
      shown.set(keyOf(phoneNumberId, to), {
        indicator: { phoneNumberId, to, messageId, since: clock.nowIso() },
        untilMs: clock.nowMs() + lifeMs,
      });
    },
    end: (phoneNumberId, address) => {
      shown.delete(keyOf(phoneNumberId, address));
    },
    list() {
      const nowMs = clock.nowMs();
      for (const [key, { untilMs }] of shown) if (untilMs <= nowMs) shown.delete(key);
      return [...shown.values()].map(({ indicator }) => indicator);
    },
    clear: () => shown.clear(),
  };
}
