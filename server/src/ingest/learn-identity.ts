// Owns: what statuses, echoes and contact cards say about who is who, without a message to store. Known pairs are remembered, so that the three
// statuses of every message cost nothing. Begins no conversation, and a failure here delays nobody: the next status teaches the same.
import { LRUCache } from "lru-cache";
import { identifiersOfChange } from "../identity/identifier.ts";
import { numberChangeOf } from "../identity/number-holders.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { SettledIdentity } from "../identity/identity-transaction.ts";
import type { CustomerIdentity, IdentityEvent, StatusEvent } from "../whatsapp/events.ts";
import type { Place } from "./find-places.ts";
import { labelIn } from "./ingest-item.ts";

export interface IdentityLesson {
  readonly channel: Place;
  readonly customer: CustomerIdentity;
  readonly becomes?: CustomerIdentity | undefined;
  /** For the audit of a merge. */
  readonly source: string;
  readonly at: Date;
}

export type LearnIdentity = (lesson: IdentityLesson) => Promise<void>;

export function lessonOf(event: IdentityEvent | StatusEvent, channel: Place): IdentityLesson {
  const { kind, customer } = event;
  return kind === "status"
    ? { channel, customer, source: kind, at: event.at }
    : { channel, customer, becomes: event.becomes, source: kind, at: event.at ?? new Date() };
}

/** A change is acknowledged once it is applied: it waits for a locked row as long as a message does, and is then delivered again. */
const LOCK_MS = 1_000;

/** Undefined: it names nobody who is known. */
export function settleLesson(settleIdentity: SettleIdentity, lesson: IdentityLesson): Promise<SettledIdentity | undefined> {
  const { channel, customer, becomes, source, at } = lesson;
  return settleIdentity({
    businessId: channel.businessId,
    identifiers: identifiersOfChange(customer, becomes, channel.scope),
    newKeys: undefined,
    reason: becomes === undefined ? "payload" : "change_event",
    proof: { source, channelId: channel.channelId },
    at,
    change: numberChangeOf(customer, becomes),
    ...(becomes === undefined ? {} : { lockTimeoutMs: LOCK_MS }),
  });
}

const REMEMBERED_PAIRS = 100_000;

export interface LearnIdentityDeps {
  readonly settleIdentity: SettleIdentity;
  /** Whether the customer's messages were just stored under all of these labels: then a status says nothing new. */
  readonly knowsAsOne: (labels: readonly string[]) => boolean;
  readonly log: Log;
}

export function createLearnIdentity(deps: LearnIdentityDeps): LearnIdentity {
  const known = new LRUCache<string, true>({ max: REMEMBERED_PAIRS });
  return async (lesson) => {
    const { businessId, scope } = lesson.channel;
    const identifiers = identifiersOfChange(lesson.customer, lesson.becomes, scope);
    if (identifiers.length < 2) return;
    const labels = identifiers.map((identifier) => labelIn(businessId, identifier));
    const pair = labels.join("|");
    if (known.has(pair)) return;
    try {
      if (lesson.becomes !== undefined || !deps.knowsAsOne(labels)) await settleLesson(deps.settleIdentity, lesson);
      known.set(pair, true);
    } catch (error) {
      deps.log.warn({ businessId, source: lesson.source, error: messageOf(error) }, "identity.not-learned");
    }
  };
}
