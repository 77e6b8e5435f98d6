// Owns: the port through which Onethread speaks to a provider, and the outcomes that a provider can have. Refuses to know: which
// provider, databases, when to try again (the outcome only advises).
import type { JsonObject } from "../kernel/json.ts";
import type { EnclosedFile } from "./enclosed-file.ts";
import type { ProviderFault } from "./events.ts";
import type { NamedMessage } from "./named-message.ts";
import type { SendAddress } from "./send-address.ts";

/** What to do after a failure: `reconcile` means that it is not known whether the message was accepted. */
export type RetryAdvice = "never" | "backoff" | "after-window" | "reconcile";

/** The channel that a message leaves by. */
export interface SendChannel {
  /** What the provider calls it, as in its webhooks: the Cloud API's phone number id. */
  readonly key: string;
  readonly accessToken: string;
}

/** The one request of everything that is sent: address, content, what it names, our id. Each provider translates it at its own edge. */
export interface SendRequest {
  readonly channel: SendChannel;
  readonly to: SendAddress;
  /** As validate-content.ts let it through: `{"type":"text","text":{"body":"…"}}`. */
  readonly content: JsonObject;
  /** The message that this one quotes; of what changes another message, such as a reaction: that one. */
  readonly names?: NamedMessage | undefined;
  /** Our own id of the message: it comes back in every status, so that a lost answer can be settled. */
  readonly ownId: string;
  /** A marketing template of an account that has an address of its own for those. */
  readonly isMarketing?: boolean;
  /** Those that the content names by ids of ours, for a provider that takes them within the message. */
  readonly files?: readonly EnclosedFile[];
}

export interface MarkReadRequest {
  readonly channel: SendChannel;
  readonly chat: SendAddress;
  /** The customer's message; the earlier ones of the thread become read with it. */
  readonly providerMessageId: string;
  /** Also show "typing" until the reply, for 25 s at most. */
  readonly typing: boolean;
}

/** What an answer says about everything else that this channel sends. Milliseconds; 0: not at all. */
export interface Hold {
  readonly forMs: number;
  /** For so long at half the rate. */
  readonly slowsForMs: number;
  /** For people: why. */
  readonly reason: string;
}

/**
 * What a refusal stops beyond its message and short of the channel: marketing for this customer; a category of templates, or Direct Send, for the account; content that
 * only the window of an ad would let out, on the number.
 */
export type SendStop = "marketing" | "category" | "direct-send" | "entry-window";

/** The provider has certainly not accepted the request. */
export interface Rejection {
  readonly outcome: "rejected";
  readonly retry: Exclude<RetryAdvice, "reconcile">;
  readonly fault: ProviderFault;
  /** Of a refusal of our own: the code that the message gets. */
  readonly ourCode?: string;
  /** Wait at least this long before the next try. */
  readonly minDelayMs?: number;
  /** Each further wait is this many times longer; absent: the caller's own factor. */
  readonly delayFactor?: number;
  /** Nothing can be sent on this channel until a person acts. */
  readonly stopsChannel: boolean;
  /** For people: what happened, what was kept, what to do. */
  readonly sentence: string;
  readonly hold?: Hold;
  readonly stops?: SendStop;
}

/** The request may have been accepted. Never send it again before a status or a person has settled it. */
export interface Uncertain {
  readonly outcome: "uncertain";
  readonly reason: string;
  readonly fault?: ProviderFault;
  readonly hold?: Hold;
}

export interface SendAccepted {
  readonly outcome: "accepted";
  readonly providerMessageId: string;
  /** The account that the provider found; for some countries another spelling of the phone than we sent. */
  readonly waId?: string;
  readonly userId?: string;
  /** It waits until the platform has seen how others like it are received; then it is sent, or fails (132015). */
  readonly isHeld?: true;
}

/** `isElsewhere`: the address for it certainly refused it, and this is the outcome of the other one: what is known of its template is old. */
export type SendOutcome = (SendAccepted | Rejection | Uncertain) & { readonly isElsewhere?: true };
export type MarkReadOutcome = { readonly outcome: "accepted" } | Rejection | Uncertain;

/** The transport of a channel, from its provider and settings; undefined when these are incomplete: then nothing can be sent. */
export type TransportOf = (provider: string | null, settings: JsonObject | null) => WhatsAppTransport | undefined;

/** A way to reach customers. No method ever throws or rejects: every end is an outcome. */
export interface WhatsAppTransport {
  sendMessage(request: SendRequest): Promise<SendOutcome>;
  markRead(request: MarkReadRequest): Promise<MarkReadOutcome>;
}
