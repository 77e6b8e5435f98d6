// Owns: accepting a message that a person or a program wants to send: all of it in one transaction, at most once per idempotency key.
// A person's message takes over: the AI is paused in that same transaction. Refuses to know: how it is sent (the send lane), and HTTP.
import { onSurvivor } from "../conversations/surviving-conversation.ts";
import { findMessage } from "../conversations/message-reads.queries.ts";
import { messageViewOf, type MessageView } from "../conversations/message-view.ts";
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { hashOfJson } from "../kernel/hash-json.ts";
import { newId, type BusinessId, type MessageId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { kindOf } from "../whatsapp/message-kinds.ts";
import { readProvider } from "../whatsapp/providers.ts";
import { type ChannelRefusal, refusalBy } from "../whatsapp/sendable.ts";
import { isDirectSend } from "../whatsapp/direct-send.ts";
import { validateOutboundContent, type OutboundType } from "../whatsapp/validate-content.ts";
import { describeAlternatives, type DirectSendRefusal, refuseDirectSend } from "./check-direct-send.ts";
import { findAlternatives } from "./direct-send.queries.ts";
import { fitFiles } from "./fit-files.ts";
import { readTextOf, refuseObstacle, refuseParameters, type TemplateRefusal } from "./check-template.ts";
import { followInCampaign, markPossibleDuplicate } from "./resend-unknown.queries.ts";
import { insertScheduledMessage } from "./scheduled.queries.ts";
import { findIdempotencyKey, insertIdempotencyKey, insertOutboundMessage, lockConversationForSending } from "./accept-message.queries.ts";

export interface AcceptMessageDeps {
  readonly database: Database;
  /** Tells the workers of this process that there is work; called after the commit only. */
  readonly wake: (kind: "send") => void;
  /** The copy of this message's template may be old. */
  readonly onOldTemplate: (
    businessId: BusinessId,
    message: { readonly channelId: string | null; readonly content: JsonObject },
  ) => Promise<void>;
}

export interface AcceptMessageInput {
  readonly businessId: BusinessId;
  readonly conversationId: string;
  /** human: a person wrote it, so the AI is silent from now on, until it is resumed or the business's set time has passed. */
  readonly author: "api" | "human";
  /** The Cloud API's content shape, with an optional `context.message_id` to quote a message. */
  readonly content: JsonObject;
  readonly idempotencyKey?: string | undefined;
  /** Later than now: it is scheduled, and what forbids it is looked at when it leaves. */
  readonly sendAt?: Date | undefined;
  /** The message that the customer may have already, with the same content. */
  readonly mayRepeat?: string | undefined;
  /** The message that failed, which this one takes the place of. */
  readonly insteadOf?: string | undefined;
}

interface InvalidContent {
  readonly outcome: "invalid_content";
  readonly reason: string;
}

export type AcceptMessageOutcome =
  /** `isReplay`: the message was accepted earlier under the same idempotency key; this is the original answer. */
  | { readonly outcome: "accepted"; readonly message: MessageView; readonly isReplay: boolean }
  | InvalidContent
  | { readonly outcome: "unsupported_on_channel"; readonly reason: string }
  | TemplateRefusal
  | DirectSendRefusal
  | { readonly outcome: "not_found" | "opted_out" | "marketing_stopped" | "no_address" | "idempotency_conflict" }
  /** `instead`: what can be sent, as a sentence. */
  | { readonly outcome: "window_closed"; readonly closedAt: Date | null; readonly instead?: string };

export type AcceptMessage = (input: AcceptMessageInput) => Promise<AcceptMessageOutcome>;

export type AcceptRefusal = Exclude<AcceptMessageOutcome, { readonly outcome: "accepted" }>;

/** An outcome that must leave nothing behind: thrown to roll the transaction back. */
class Refused extends Error {
  readonly outcome: AcceptRefusal;
  /** Of a template that is not known: the channel whose account may have it by now. */
  readonly channelId: string | null;
  constructor(outcome: AcceptRefusal, channelId: string | null = null) {
    super(outcome.outcome);
    this.outcome = outcome;
    this.channelId = channelId;
  }
}

interface Draft {
  readonly type: OutboundType;
  readonly content: JsonObject;
  readonly quoted: string | undefined;
}

export function createAcceptMessage(deps: AcceptMessageDeps): AcceptMessage {
  return async (input) => {
    const draft = readDraft(input.content);
    if ("outcome" in draft) return draft;
    const database = deps.database.forBusiness(input.businessId);
    try {
      const accepted = await database.transaction((tx) => accept(tx, { input, draft, messageId: newId() }));
      if (!accepted.isReplay && accepted.message.status !== "scheduled") deps.wake("send");
      return accepted;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.channelId !== null) await deps.onOldTemplate(input.businessId, { channelId: error.channelId, content: draft.content });
      if (error.outcome.outcome !== "window_closed") return error.outcome;
      const [known] = await database.run(findAlternatives, { conversationId: input.conversationId });
      return known === undefined ? error.outcome : { ...error.outcome, instead: describeAlternatives(known) };
    }
  };
}

function readDraft({ context, ...content }: JsonObject): Draft | InvalidContent {
  const checked = validateOutboundContent(content);
  if (!checked.ok) return { outcome: "invalid_content", reason: checked.reason };
  const quoted = context === undefined ? undefined : readString(readObject({ context }, "context"), "message_id");
  if (context !== undefined && quoted === undefined) {
    return { outcome: "invalid_content", reason: 'context must be {"message_id":"wamid.…"}: the message that this one quotes.' };
  }
  return { type: checked.type, content: checked.content, quoted: quoted?.toWellFormed().replaceAll("\0", "") };
}

const PIN_OUTSIDE = "WhatsApp lets a business pin a message in a group only, and this conversation is not a group.";

type MessageRow = Row<typeof findMessage>;
interface Acceptance {
  readonly input: AcceptMessageInput;
  readonly draft: Draft;
  readonly messageId: MessageId;
}

type AcceptedOutcome = Extract<AcceptMessageOutcome, { outcome: "accepted" }>;

async function accept(tx: Queryable, acceptance: Acceptance): Promise<AcceptedOutcome> {
  const { idempotencyKey, sendAt } = acceptance.input;
  const conversation = await lockForSending(tx, acceptance.input.conversationId, acceptance.draft);
  if (conversation === undefined) throw new Refused({ outcome: "not_found" });
  if (idempotencyKey !== undefined) {
    const earlier = await claimKey(tx, acceptance, idempotencyKey);
    if (earlier !== undefined) return { outcome: "accepted", message: earlier, isReplay: true };
  }
  const isForLater = sendAt !== undefined && sendAt.getTime() > Date.now();
  if (isForLater) refuseUnlessPossible(conversation, acceptance.draft);
  else refuseUnlessSendable(conversation, acceptance.draft);
  const draft = await withFiles(tx, conversation, acceptance.draft);
  const message = await insert(tx, { ...acceptance, draft }, { conversation, sendAt: isForLater ? sendAt : undefined });
  return { outcome: "accepted", message, isReplay: false };
}

export type LockedConversation = Row<typeof lockConversationForSending>;

/** The conversation, or the one that it was merged into; undefined when there is none. */
export function lockForSending(
  tx: Queryable,
  conversationId: string,
  { type, content }: Pick<Draft, "content"> & { readonly type: string },
): Promise<LockedConversation | undefined> {
  return onSurvivor(tx, conversationId, async (survivor) => {
    const [row] = await tx.run(lockConversationForSending, { conversationId: survivor, ...subjectOf({ type, content }) });
    return row?.is_merged === false ? row : undefined;
  });
}

/** Which template it is, when it is one, and whether it is Direct Send: what the rules look at. */
export function subjectOf({ type, content }: { readonly type: string; readonly content: JsonObject }): {
  readonly template: string | undefined;
  readonly language: string | undefined;
  readonly isDirect: boolean;
} {
  const template = type === "template" ? readObject(content, "template") : undefined;
  return {
    template: readString(template, "name"),
    language: readString(readObject(template, "language"), "code"),
    isDirect: isDirectSend(content),
  };
}

/** The earlier answer under this key, or undefined when the key is ours now. */
async function claimKey(tx: Queryable, { input, draft, messageId }: Acceptance, key: string): Promise<MessageView | undefined> {
  const requestHash = hashOfJson([
    input.conversationId,
    input.author,
    draft.content,
    draft.quoted ?? null,
    ...(input.sendAt === undefined ? [] : [input.sendAt.toISOString()]),
  ]);
  if ((await tx.execute(insertIdempotencyKey, { key, requestHash, messageId })) > 0) return undefined;
  const [known] = await tx.run(findIdempotencyKey, { key });
  const isSame = known?.request_hash === requestHash && known.message_id !== null;
  const [row] = isSame ? await tx.run(findMessage, { messageId: known.message_id }) : [];
  if (row === undefined) throw new Refused({ outcome: "idempotency_conflict" });
  return messageViewOf(asAccepted(row), []);
}

/** The message as it was in the first answer, whatever became of it since; of one for later as it is, until it has left. */
function asAccepted(row: MessageRow): MessageRow {
  if (row.status === "scheduled") return row;
  const notYet = { provider_message_id: null, accepted_at: null, delivered_at: null, read_at: null, failed_at: null };
  return { ...row, ...notYet, status: "queued", error_code: null, error_text: null, sent_at: row.received_at };
}

/** What the provider of the conversation's channel does not send. */
export function refusalOnChannel(
  { provider: name, is_group: isGroup }: Pick<LockedConversation, "provider" | "is_group">,
  content: JsonObject,
): ChannelRefusal | undefined {
  const provider = readProvider(name);
  return provider === undefined ? undefined : refusalBy(provider, { content, isGroup });
}

/** What no time changes. */
function refuseUnlessPossible(conversation: LockedConversation, draft: Draft): void {
  if (!conversation.has_address) throw new Refused({ outcome: "no_address" });
  if (draft.type === "pin" && !conversation.is_group) throw new Refused({ outcome: "invalid_content", reason: PIN_OUTSIDE });
  const refusal = refusalOnChannel(conversation, draft.content);
  if (refusal !== undefined)
    throw new Refused({ outcome: "unsupported_on_channel", reason: `${refusal.why} Nothing was stored. ${refusal.instead}` });
  const misfit = refuseParameters(conversation, draft);
  if (misfit !== undefined) throw new Refused(misfit, misfit.code === "template_unknown" ? conversation.channel_id : null);
}

function refuseUnlessSendable(conversation: LockedConversation, draft: Draft): void {
  refuseUnlessPossible(conversation, draft);
  if (conversation.is_opted_out) throw new Refused({ outcome: "opted_out" });
  if (conversation.is_marketing_stopped) throw new Refused({ outcome: "marketing_stopped" });
  const obstacle = refuseObstacle(conversation) ?? refuseDirectSend(conversation);
  if (obstacle !== undefined) throw new Refused(obstacle);
  if (conversation.is_window_open || draft.type === "template" || isDirectSend(draft.content)) return;
  throw new Refused({ outcome: "window_closed", closedAt: conversation.window_closes_at });
}

/** What would refuse this message if it were to be accepted now. `isForLater`: only what no time changes. */
export function whatForbids(
  conversation: LockedConversation,
  draft: { readonly type: OutboundType; readonly content: JsonObject },
  { isForLater }: { readonly isForLater: boolean },
): AcceptRefusal | undefined {
  try {
    (isForLater ? refuseUnlessPossible : refuseUnlessSendable)(conversation, { ...draft, quoted: undefined });
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    throw error;
  }
}

async function withFiles(tx: Queryable, conversation: LockedConversation, draft: Draft): Promise<Draft> {
  const fitted = await fitFiles(tx, draft.content, readProvider(conversation.provider) ?? "cloud");
  if (!fitted.ok) throw new Refused({ outcome: "invalid_content", reason: `${fitted.reason} Nothing was stored.` });
  return { ...draft, content: fitted.content };
}

/** Of what changes another message: the provider's id of that. */
export function targetOf({ type, content }: { readonly type: string; readonly content: JsonObject }): string | undefined {
  const key = kindOf(type).target;
  return key === null ? undefined : readString(readObject(content, type), key);
}

async function insert(
  tx: Queryable,
  { input, draft, messageId }: Acceptance,
  { conversation, sendAt }: { readonly conversation: LockedConversation; readonly sendAt: Date | undefined },
): Promise<MessageView> {
  const { type, content, quoted } = draft;
  const what = { type, text: readTextOf(conversation, draft), content: JSON.stringify(content), quoted };
  const values = { ...what, conversationId: conversation.id, messageId, author: input.author };
  const [row] =
    sendAt === undefined
      ? await tx.run(insertOutboundMessage, { ...values, target: targetOf(draft), eventId: newId() })
      : await tx.run(insertScheduledMessage, { ...values, sendAt });
  if (row === undefined) throw new Error("the conversation whose row is locked does not exist");
  const { mayRepeat, insteadOf } = input;
  if (insteadOf !== undefined) await tx.execute(followInCampaign, { messageId, of: insteadOf });
  if (mayRepeat === undefined) return messageViewOf(row, []);
  await tx.execute(markPossibleDuplicate, { messageId, of: mayRepeat });
  return messageViewOf({ ...row, possible_duplicate_of: mayRepeat }, []);
}
