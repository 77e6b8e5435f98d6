// Owns: what statuses, echoes and contact cards say about who is who, without a message to store. Known pairs are remembered, so that the three
// statuses of every message cost nothing. Begins no conversation, and a failure here delays nobody: the next status teaches the same.
import { LRUCache } from "lru-cache";
import { identifiersOfChange, labelOfIdentifier } from "../identity/identifier.ts";
import { numberChangeOf } from "../identity/number-holders.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { SettledIdentity } from "../identity/identity-transaction.ts";
import type { CustomerIdentity, IdentityEvent, StatusEvent } from "../whatsapp/events.ts";
import type { Place } from "./find-places.ts";

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

export function createLearnIdentity(deps: { readonly settleIdentity: SettleIdentity; readonly log: Log }): LearnIdentity {
  const known = new LRUCache<string, true>({ max: REMEMBERED_PAIRS });
  return async (lesson) => {
    const { businessId, scope } = lesson.channel;
    const identifiers = identifiersOfChange(lesson.customer, lesson.becomes, scope);
    if (identifiers.length < 2) return;
    const pair = `${businessId}|${identifiers.map(labelOfIdentifier).join("|")}`;
    if (known.has(pair)) return;
    try {
      await settleLesson(deps.settleIdentity, lesson);
      known.set(pair, true);
    } catch (error) {
      deps.log.warn({ businessId, source: lesson.source, error: messageOf(error) }, "identity.not-learned");
    }
  };
}
