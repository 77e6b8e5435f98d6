// Owns: what statuses, echoes and contact cards say of who is who, without a message to store. Known pairs are remembered, so that the three
// statuses of every message cost nothing. Begins no conversation, and a failure here delays nobody: the next status teaches the same.
import { LRUCache } from "lru-cache";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { CustomerIdentity } from "../whatsapp/events.ts";
import type { Place } from "./find-places.ts";
import { aliasesOf, identifiersOfAliases, numberChangeOf } from "./ingest-item.ts";

export interface IdentityLesson {
  readonly channel: Place;
  readonly customer: CustomerIdentity;
  readonly becomes?: CustomerIdentity | undefined;
  /** For the audit of a merge. */
  readonly source: string;
  readonly at: Date;
}

export type LearnIdentity = (lesson: IdentityLesson) => Promise<void>;

const REMEMBERED_PAIRS = 100_000;

export function createLearnIdentity(deps: { readonly settleIdentity: SettleIdentity; readonly log: Log }): LearnIdentity {
  const known = new LRUCache<string, true>({ max: REMEMBERED_PAIRS });
  return async ({ channel, customer, becomes, source, at }) => {
    const aliases = [...aliasesOf(customer, undefined), ...(becomes === undefined ? [] : aliasesOf(becomes, undefined))];
    if (aliases.length < 2) return;
    const lesson = `${channel.businessId}|${aliases.map(({ kind, value }) => `${kind}:${value}`).join("|")}`;
    if (known.has(lesson)) return;
    try {
      await deps.settleIdentity({
        businessId: channel.businessId,
        identifiers: identifiersOfAliases(aliases, channel),
        newKeys: [],
        reason: becomes === undefined ? "payload" : "change_event",
        proof: { source, channelId: channel.channelId },
        create: false,
        at,
        change: numberChangeOf(customer, becomes),
      });
      known.set(lesson, true);
    } catch (error) {
      deps.log.warn({ businessId: channel.businessId, source, error: messageOf(error) }, "identity.not-learned");
    }
  };
}
