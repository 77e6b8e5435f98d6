// Owns: the vocabulary in which every provider's webhook reaches the rest of Onethread. Refuses to know: databases, HTTP, tenants.
import type { JsonObject } from "../kernel/json.ts";
import type { MessageType } from "./message-kinds.ts";
import type { Provider } from "./providers.ts";

/** How the provider names the customer. Values exactly as received (phones are digits without "+"); a key is absent when the provider withheld it. */
export interface CustomerIdentity {
  readonly phone?: string;
  readonly userId?: string;
  readonly parentUserId?: string;
  readonly lid?: string;
  readonly username?: string;
  readonly name?: string;
}

/** One message of a thread: written by the customer (`in`), or by a human of the business elsewhere, such as the WhatsApp app (`out`). */
export interface MessageEvent {
  readonly kind: "message";
  readonly provider: Provider;
  /** What the provider calls our channel: the Cloud API's phone_number_id. */
  readonly channelKey: string;
  readonly direction: "in" | "out";
  readonly providerMessageId: string;
  readonly customer: CustomerIdentity;
  /** Present when the message belongs to a group; the customer is then its author. */
  readonly groupId?: string;
  readonly type: MessageType;
  /** Readable by a person and by an AI; null when there is nothing to read (a sticker, a revoke). */
  readonly text: string | null;
  /** The provider's node of this type, with its riders (`context`, `referral`, `errors`); unknown types whole. */
  readonly content: JsonObject;
  readonly sentAt: Date;
  /** The message that this one quotes (context.id). It may be one that we never stored. */
  readonly quotedProviderMessageId?: string;
  /** The message that this edit, revoke or reaction changes. */
  readonly targetProviderMessageId?: string;
  /** A change of number or user id: who the customer is from now on. `customer` is who they were. */
  readonly becomes?: CustomerIdentity;
  /** From a gateway's past (a history import, a message taken in while nobody listened): stored in its place, wakes no AI and takes nothing over. */
  readonly isHistory?: true;
  /** A copy: another app answers in this thread at the moment. It is stored and shown; the AI is silent. Of ours (`out`): what that app wrote. */
  readonly standby?: true;
  /** A whole webhook body with only this item in it, so that a replay is the same path again. */
  readonly raw: string;
}

export const DELIVERY_STATUSES = ["sent", "delivered", "read", "played", "failed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface ProviderFault {
  readonly code: number;
  readonly title: string;
  readonly details?: string;
}

export interface StatusEvent {
  readonly kind: "status";
  readonly provider: Provider;
  readonly channelKey: string;
  readonly providerMessageId: string;
  readonly status: DeliveryStatus;
  readonly at: Date;
  /** Whom of a group the status is about; "" in a one-to-one thread. */
  readonly participant: string;
  /** What we put into `biz_opaque_callback_data`: the id of our own message. */
  readonly callbackData?: string;
  readonly customer: CustomerIdentity;
  readonly fault?: ProviderFault;
  /** What the message costs, in the provider's own words; it says so on one status of a message, or on two. */
  readonly pricing?: JsonObject;
  /** The window that an advertisement opened: its id, origin and end, in the provider's words. */
  readonly entryWindow?: JsonObject;
  /** The provider's template behind a message that was sent without one. */
  readonly templateId?: string;
  readonly raw: string;
}

/** Everything that is not a message of a thread: template, quality, account and error notices, calls, unknown fields. */
export interface NoticeEvent {
  readonly kind: "notice";
  readonly provider: Provider;
  /** Absent on account-level fields, which carry no phone number id. */
  readonly channelKey?: string;
  /** entry.id: the WhatsApp business account. */
  readonly accountKey?: string;
  readonly field: string;
  /** Of a replay: when it came. */
  readonly receivedAt?: Date;
  readonly raw: string;
}

/** Two names of one person, or a name for an identifier, that came without a message: a contact card or a LID mapping of a gateway. Begins no conversation. */
export interface IdentityEvent {
  readonly kind: "identity";
  readonly provider: Provider;
  /** Absent where it names none of our numbers. */
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly customer: CustomerIdentity;
  /** Who the customer is from now on, where it reports a change. */
  readonly becomes?: CustomerIdentity;
  /** Since when, where it reports a change. */
  readonly at?: Date;
  readonly raw: string;
}

/** A customer stops or resumes marketing in WhatsApp itself. */
export interface Preference {
  readonly customer: CustomerIdentity;
  readonly value: "stop" | "resume";
  readonly at: Date;
}

export interface PreferenceEvent {
  readonly kind: "preference";
  readonly provider: Provider;
  /** Absent where it names none of our numbers. */
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly preferences: readonly Preference[];
  readonly raw: string;
}

/** A chunk of a number's past: thousands of messages, which are imported later. */
export interface HistoryEvent {
  readonly kind: "history";
  readonly provider: Provider;
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly messages: number;
  /** In the platform's words: 0 is the last day, 1 up to 90 days, 2 up to 180. */
  readonly phase: number | undefined;
  /** Of the whole past, in percent. */
  readonly progress: number | undefined;
  readonly raw: string;
}

/** Of the address book of a WhatsApp Business app; null: the entry was removed. */
export interface BookEntry {
  readonly customer: CustomerIdentity;
  readonly name: string | null;
  readonly at: Date;
}

/** What the business calls its customers. Begins no conversation. */
export interface ContactsEvent {
  readonly kind: "contacts";
  readonly provider: Provider;
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly entries: readonly BookEntry[];
  readonly raw: string;
}

/** A thread was given to us by another app that answers on the number, or taken from us. */
export interface HandoverEvent {
  readonly kind: "handover";
  readonly provider: Provider;
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly customer: CustomerIdentity;
  readonly owner: "us" | "other";
  readonly at: Date;
  /** Of the new owner, in the platform's word. */
  readonly role?: string;
  /** What the other app says of the conversation. */
  readonly context?: JsonObject;
  readonly raw: string;
}

/** An item that could not be read. It is kept raw with its reason, and can be replayed. */
export interface UnreadableEvent {
  readonly kind: "unreadable";
  readonly provider: Provider;
  readonly channelKey?: string;
  readonly reason: string;
  readonly raw: string;
}

export type WebhookEvent =
  | MessageEvent
  | StatusEvent
  | IdentityEvent
  | PreferenceEvent
  | HistoryEvent
  | ContactsEvent
  | HandoverEvent
  | NoticeEvent
  | UnreadableEvent;
