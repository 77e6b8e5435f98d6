// Owns: one message on its way into its thread, between the webhook and the statement.
import { type Identifier, identifiersOf, identifiersOfChange, labelOfIdentifier } from "../identity/identifier.ts";
import type { BusinessId, ChannelId, MessageId } from "../kernel/ids.ts";
import { newId } from "../kernel/ids.ts";
import type { MessageEvent } from "../whatsapp/events.ts";

export interface IngestItem {
  readonly event: MessageEvent;
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  readonly quietMs: number;
  /** Within what a user id of this channel is unique. */
  readonly scope: string;
  readonly messageId: MessageId;
  /** Of the sender, or of the group, in the order of proof; of a change, who they were. */
  readonly identifiers: readonly Identifier[];
  /** One for each of the identifiers: by it caches and queues know the sender, of whichever business. */
  readonly labels: readonly string[];
  readonly contentJson: string;
}

/** The label of an identifier where those of several businesses are together. */
export const labelIn = (businessId: BusinessId, identifier: Parameters<typeof labelOfIdentifier>[0]): string =>
  `${businessId}|${labelOfIdentifier(identifier)}`;

/** Messages that share one of these are of the same sender, or of the same group. */
export function labelsOfItem({ businessId, labels, scope, event: { becomes } }: IngestItem): readonly string[] {
  if (becomes === undefined) return labels;
  return [...labels, ...identifiersOf(becomes, scope).map((identifier) => labelIn(businessId, identifier))];
}

/** All that the message proves, strongest proof first; of a change, who they were and who they are. */
export function identifiersOfItem({ identifiers, scope, event: { customer, becomes } }: IngestItem): readonly Identifier[] {
  return becomes === undefined ? identifiers : identifiersOfChange(customer, becomes, scope);
}

export function createIngestItem(
  event: MessageEvent,
  channel: { readonly businessId: BusinessId; readonly channelId: ChannelId; readonly quietMs: number; readonly scope: string },
): IngestItem {
  const { businessId, scope } = channel;
  const { groupId } = event;
  const identifiers = identifiersOf(groupId === undefined ? event.customer : { groupId }, scope);
  return {
    event,
    businessId,
    channelId: channel.channelId,
    quietMs: channel.quietMs,
    scope,
    messageId: newId<MessageId>(),
    identifiers,
    labels: identifiers.map((identifier) => labelIn(businessId, identifier)),
    contentJson: JSON.stringify(event.content),
  };
}
