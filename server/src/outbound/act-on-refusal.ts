// Owns: what WhatsApp's refusal of one message says about more than that message: the customer stopped marketing, a category of templates or Direct Send is stopped, the number has to wait. It comes as the
// answer to a send, or days later as a status. Refuses to know: what becomes of the message itself.
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Identifier } from "../identity/identifier.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { classifyProviderError, isOfOldTemplate } from "../whatsapp/provider-errors.ts";
import type { SendStop } from "../whatsapp/transport.ts";
import {
  closeEntryWindowOf,
  findRefusedContent,
  recordRefusedMarketing,
  stopChannelRefusedLater,
  stopRefusedCategory,
} from "./act-on-refusal.queries.ts";
import { holdChannel } from "./deliver.queries.ts";
import { closeDirectSendOf } from "./direct-send.queries.ts";

export interface SendRefusal {
  readonly businessId: BusinessId;
  /** Of the answer to a send: ours. Of a status: the provider's id on its channel; of one that we do not know all that counts is whom it was for. */
  readonly message: { readonly messageId: string } | StatusSubject;
  /** When WhatsApp refused it; absent: when it was tried. */
  readonly at?: Date;
  readonly code: number;
  /** What the answer said, where its code alone does not say it. */
  readonly said?: { readonly stops: SendStop; readonly sentence: string };
  /** For so long a row that somebody else holds is waited for; then it rejects. */
  readonly patienceMs: number;
}

interface StatusSubject {
  readonly channelId: string;
  readonly providerMessageId: string;
  /** Whom it was for, as the status names them. */
  readonly identifiers?: readonly Pick<Identifier, "kind" | "value">[];
}

/** Resolves when it is durable; doing it again changes nothing. */
export type ActOnRefusal = (refusal: SendRefusal) => Promise<void>;

export interface ActOnRefusalDeps {
  readonly database: Database;
  /** The copy of this message's template is old. Never rejects. */
  readonly onOldTemplate: (
    businessId: BusinessId,
    message: { readonly channelId: string | null; readonly content: JsonObject | null },
  ) => Promise<void>;
  readonly log: Log;
}

/** A merge in the very moment moves the message to another conversation, once or twice. */
const MOVES = 3;
/** WhatsApp does not say when it lifts the limit of a category: a message of a day later finds out. */
const CATEGORY_MS = 24 * 3_600_000;

export function createActOnRefusal({ database, onOldTemplate, log }: ActOnRefusalDeps): ActOnRefusal {
  async function stopMarketing(db: BusinessDatabase, { message, at, patienceMs }: SendRefusal): Promise<void> {
    const identifiers = "channelId" in message ? (message.identifiers ?? []) : [];
    const values = { ...nobody, ...message, identifiers, at, eventId: newId(), patience: `${String(patienceMs)}ms` };
    for (let move = 0; move < MOVES; move += 1) if ((await db.run(recordRefusedMarketing, values)).length === 0) return;
  }

  async function stopCategory(db: BusinessDatabase, { businessId, message, at, code }: SendRefusal): Promise<void> {
    const reason = classifyProviderError({ code }).sentence;
    const values = { ...nobody, ...message, at, lastsMs: CATEGORY_MS, reason, eventId: newId(), noticeId: newId() };
    for (const { account_id: accountId, category, until } of await db.run(stopRefusedCategory, values))
      log.error({ businessId, accountId, category, until: until.toISOString() }, "category.stopped");
  }

  async function closeDirectSend(db: BusinessDatabase, { businessId, message, at, code, said }: SendRefusal): Promise<void> {
    const { sentence } = said ?? classifyProviderError({ code });
    const reason = sentence.slice(0, sentence.indexOf(".") + 1);
    const values = { ...nobody, ...message, at, reason, eventId: newId(), noticeId: newId() };
    for (const { account } of await db.run(closeDirectSendOf, values)) log.warn({ businessId, account, code }, "direct-send.closed");
  }

  async function closeEntryWindow(db: BusinessDatabase, { businessId, message }: SendRefusal): Promise<void> {
    for (const { channel_id: channelId } of await db.run(closeEntryWindowOf, { ...nobody, ...message }))
      log.warn({ businessId, channelId }, "entry-window.refused");
  }

  /** What the answer to a send would have done to the channel, said in a status. */
  async function actOnChannel(db: BusinessDatabase, refusal: SendRefusal, { channelId, providerMessageId }: StatusSubject): Promise<void> {
    const { businessId, code, at = new Date() } = refusal;
    const { stopsChannel, hold, sentence } = classifyProviderError({ code });
    if (stopsChannel && (await db.execute(stopChannelRefusedLater, { channelId, reason: sentence, at })) > 0)
      log.error({ businessId, channelId, code }, "channel.stopped");
    const ageMs = Math.max(0, Date.now() - at.getTime());
    const [forMs, slowsForMs] = [Math.max(0, (hold?.forMs ?? 0) - ageMs), Math.max(0, (hold?.slowsForMs ?? 0) - ageMs)];
    if (hold !== undefined && forMs + slowsForMs > 0) {
      await db.execute(holdChannel, { channelId, holdMs: forMs, slowMs: slowsForMs, reason: hold.reason });
      log.warn({ businessId, channelId, forMs, slowsForMs }, "channel.held");
    }
    if (!isOfOldTemplate(code)) return;
    const [row] = await db.run(findRefusedContent, { channelId, providerMessageId });
    if (row !== undefined) await onOldTemplate(businessId, { channelId, content: row.content });
  }

  return async (refusal) => {
    const { businessId, message, code } = refusal;
    const db = database.forBusiness(businessId);
    const { stops } = refusal.said ?? classifyProviderError({ code });
    if (stops === "marketing") await stopMarketing(db, refusal);
    if (stops === "category") await stopCategory(db, refusal);
    if (stops === "direct-send") await closeDirectSend(db, refusal);
    if (stops === "entry-window") await closeEntryWindow(db, refusal);
    if ("channelId" in message) await actOnChannel(db, refusal, message);
  };
}

const nobody = { messageId: undefined, channelId: undefined, providerMessageId: undefined };
