// Owns: the promise that the HTTP side relies on, without knowing the engine behind it, which is in this folder.
import type { SettleRequest } from "../identity/identity-transaction.ts";
import type { WebhookEvent } from "../whatsapp/events.ts";

export interface IntakeResult {
  readonly stored: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Kept for a later version, which may be able to use them. Absent: none. */
  readonly unused?: number;
}

export interface WebhookIntake {
  /**
   * Resolves only after every event is durable: stored, recognised as a duplicate, or quarantined with its raw body and reason.
   * Throws Fault `unavailable` (503, with Retry-After) when the database is gone or the queue is full: nothing of it may be acknowledged then.
   */
  receive(events: readonly WebhookEvent[]): Promise<IntakeResult>;
  /** Somebody became known without a webhook: the changes of an identity that waited for them are applied. Never throws. */
  applyWaitingFor(person: Pick<SettleRequest, "businessId" | "identifiers">): Promise<void>;
}
