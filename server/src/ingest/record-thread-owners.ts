// Owns: learning from what comes in whose a thread is, where several apps answer on one number: copies (standby), handovers and refusals. Nothing is asked for what comes
// to us in the ordinary way: that it is ours is seen in the message itself. Refuses to know: what the AI does then.
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { identifiersOf, keysOf } from "../identity/identifier.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { findThreadsOfCopiesAcrossBusinesses, recordThreadOwnerAcrossBusinesses } from "../identity/thread-owner.queries.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import type { HandoverEvent, MessageEvent } from "../whatsapp/events.ts";
import type { RecordSignals } from "./record-signals.ts";
import type { Located } from "./sort-delivery.ts";
import type { StatusItem } from "./store-statuses.ts";

export interface RecordThreadOwners {
  /** Of messages that are stored; the others are left alone. What was `messages` and is `standby` now is said of the number, once. */
  ofCopies(copies: readonly Located<MessageEvent>[]): Promise<void>;
  /** Of what we sent: another app has the thread. */
  ofRefusals(refused: readonly StatusItem[]): Promise<void>;
  /** False: the customer is known nowhere. */
  ofHandover(located: Located<HandoverEvent>): Promise<boolean>;
}

interface Word {
  readonly businessId: BusinessId;
  readonly conversationId: string;
  readonly channelId: string;
  readonly owner: "us" | "other";
  readonly role?: string | undefined;
  readonly toldBy: "standby" | "refusal" | "handover";
  readonly at: Date;
  readonly context?: JsonObject | undefined;
}

export interface RecordThreadOwnersDeps {
  readonly db: Queryable;
  readonly settleIdentity: SettleIdentity;
  readonly recordSignals: RecordSignals;
  readonly log: Log;
}

type About = Pick<Word, "businessId" | "channelId" | "at"> & { readonly providerMessageId: string };

export function createRecordThreadOwners({ db, settleIdentity, recordSignals, log }: RecordThreadOwnersDeps): RecordThreadOwners {
  /** Undefined: the thread was merged away meanwhile. */
  async function record({ role, context, ...word }: Word): Promise<{ readonly is_change: boolean } | undefined> {
    const json = context === undefined ? undefined : JSON.stringify(context);
    const [row] = await db.run(recordThreadOwnerAcrossBusinesses, { ...word, role, context: json, eventId: newId() });
    if (row?.is_change === true) {
      const { businessId, conversationId, owner, toldBy } = word;
      log.info({ businessId, conversationId, owner, toldBy }, "thread.owner-changed");
    }
    return row;
  }

  /** One word for each thread: its newest. Answers the places of those that say something new. */
  async function ofMessages(messages: readonly About[], toldBy: Word["toldBy"]): Promise<readonly number[]> {
    const newest = new Map<string, number>();
    for (const { ord, conversation_id: id } of await db.run(findThreadsOfCopiesAcrossBusinesses, { messages })) {
      const [at, before] = [ord - 1, newest.get(id)];
      if (before === undefined || (messages[at]?.at ?? 0) >= (messages[before]?.at ?? 0)) newest.set(id, at);
    }
    const changed: number[] = [];
    for (const [conversationId, at] of [...newest].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      const message = messages[at];
      if (message === undefined) continue;
      const { providerMessageId: _, ...about } = message;
      const row = await record({ ...about, conversationId, owner: "other", toldBy });
      if (row?.is_change === true) changed.push(at);
    }
    return changed;
  }

  async function sayOfNumber({ event, channel }: { readonly event: MessageEvent; readonly channel: DirectoryChannel }): Promise<void> {
    await recordSignals(
      { kind: "notice", provider: event.provider, channelKey: event.channelKey, field: "standby", raw: event.raw },
      channel,
    );
  }

  return {
    async ofCopies(copies) {
      if (copies.length === 0) return;
      const about = copies.map(({ event: { providerMessageId, sentAt: at }, channel: { businessId, channelId } }) => ({
        businessId,
        channelId,
        providerMessageId,
        at,
      }));
      const [first] = await ofMessages(about, "standby");
      const copy = first === undefined ? undefined : copies[first];
      if (copy !== undefined) await sayOfNumber(copy);
    },
    async ofRefusals(refused) {
      if (refused.length === 0) return;
      await ofMessages(
        refused.map(({ businessId, channelId, event: { providerMessageId, at } }) => ({ businessId, channelId, providerMessageId, at })),
        "refusal",
      );
    },
    async ofHandover({ event, channel }) {
      const { customer, owner, role, at, context } = event;
      const { businessId, channelId, scope } = channel;
      const identifiers = identifiersOf(customer, scope);
      const newKeys = keysOf(businessId, identifiers);
      if (newKeys === undefined) return false;
      for (;;) {
        const proof = { source: "messaging_handovers", channelId };
        const settled = await settleIdentity({ businessId, identifiers, newKeys, reason: "payload", proof, at });
        if (settled === undefined) return false;
        const { conversationId } = settled;
        const row = await record({ businessId, conversationId, channelId, owner, role, toldBy: "handover", at, context });
        // Merged away between the two statements: its winner is found next.
        if (row !== undefined) return true;
      }
    },
  };
}
