// Owns: the port through which a provider is asked what it has sent, of those that can tell. Refuses to know: which provider, what an answer proves, and when to ask.
import type { JsonObject } from "../kernel/json.ts";
import type { SendAddress } from "./send-address.ts";
import type { SendChannel } from "./transport.ts";

/** One message that left by the number, by whomever it was sent. */
export interface SentRecord {
  readonly providerMessageId: string;
  /** When it was sent, as far as the provider says: seconds. */
  readonly at: Date;
  /** Absent: it is no text, or the provider does not tell. */
  readonly text?: string;
}

export type SentAnswer =
  /** `isWhole`: there is nothing else that was sent since the time that was asked for. */
  | { readonly outcome: "answered"; readonly records: readonly SentRecord[]; readonly isWhole: boolean }
  /** It does not tell us, and will not tell us soon. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** Asked again, it may answer. */
  | { readonly outcome: "failed"; readonly reason: string };

export interface SentRequest {
  readonly channel: SendChannel;
  readonly chat: SendAddress;
  /** Nothing older is wanted; older records may be among the answer all the same. */
  readonly since: Date;
}

/** `chat`: it lists the messages of one chat, with their texts. `number`: those of the whole number, with neither text nor recipient. */
export interface SentLookup {
  readonly scope: "chat" | "number";
  /** Never rejects. */
  list(request: SentRequest): Promise<SentAnswer>;
}

/** The look-up of a channel, from its provider and settings; undefined when there is none. */
export type SentLookupOf = (provider: string, settings: JsonObject) => SentLookup | undefined;
