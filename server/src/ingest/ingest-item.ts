// Owns: one message on its way into its thread, between the webhook and the statement.
import { phoneDigits } from "../identity/canonical-key.ts";
import type { Identifier, IdentityKind } from "../identity/decide-identity.ts";
import type { NumberChange } from "../identity/number-holders.ts";
import type { BusinessId, ChannelId, MessageId } from "../kernel/ids.ts";
import { newId } from "../kernel/ids.ts";
import type { CustomerIdentity, MessageEvent } from "../whatsapp/events.ts";

export type AliasKind = "parent_user" | "user" | "phone" | "lid" | "group";

export interface Alias {
  readonly kind: AliasKind;
  readonly value: string;
}

/** A user id means something only within the account of its channel; the other identifiers mean the same everywhere. */
export function scopeOf(alias: Alias, channel: { readonly scope: string }): string | null {
  return alias.kind === "user" || alias.kind === "parent_user" ? channel.scope : null;
}

export interface IngestItem {
  readonly event: MessageEvent;
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  readonly quietMs: number;
  /** Within what a user id of this channel is unique. */
  readonly scope: string;
  readonly messageId: MessageId;
  /** In the order of proof: the first one that is known decides. */
  readonly aliases: readonly Alias[];
  /** One for each of the aliases: what it is called in caches and queues. */
  readonly names: readonly string[];
  readonly contentJson: string;
}

/** Messages that share one of these are of the same sender, or of the same group. */
export function namesOf({ businessId, names, event: { becomes } }: IngestItem): readonly string[] {
  return becomes === undefined ? names : [...names, ...aliasesOf(becomes, undefined).map((alias) => nameOf(businessId, alias))];
}

const nameOf = (businessId: BusinessId, { kind, value }: Alias): string => `${businessId}|${kind}|${value}`;

const PROOF: readonly IdentityKind[] = ["parent_user", "user", "phone", "lid"];

/** What the message says of its sender, strongest proof first; of a change, who they were and who they are. */
export function identifiersOf(item: IngestItem): readonly Identifier[] {
  const after = item.event.becomes === undefined ? [] : aliasesOf(item.event.becomes, undefined);
  return identifiersOfAliases([...item.aliases, ...after], item);
}

export function identifiersOfAliases(aliases: readonly Alias[], channel: { readonly scope: string }): readonly Identifier[] {
  return aliases
    .filter((alias): alias is Alias & { readonly kind: Exclude<AliasKind, "group"> } => alias.kind !== "group")
    .map((alias) => ({ kind: alias.kind, value: alias.value, scope: scopeOf(alias, channel) }))
    .sort((a, b) => PROOF.indexOf(a.kind) - PROOF.indexOf(b.kind));
}

/** The numbers of a change, where it is one of the number. */
export function numberChangeOf(customer: CustomerIdentity, becomes: CustomerIdentity | undefined): NumberChange | undefined {
  const [left, taken] = [customer.phone, becomes?.phone].map((phone) => (phone !== undefined && isPhone(phone) ? phone : undefined));
  return taken === undefined || taken === left ? undefined : { left, taken };
}

const isPhone = (phone: string): boolean => phoneDigits(phone) !== undefined;

/** Every identifier that the payload proves, strongest first. A group is its own thread: its members' identifiers do not lead to it. */
export function aliasesOf(identity: CustomerIdentity, groupId: string | undefined): readonly Alias[] {
  if (groupId !== undefined) return [{ kind: "group", value: groupId }];
  const aliases: Alias[] = [];
  if (identity.parentUserId !== undefined) aliases.push({ kind: "parent_user", value: identity.parentUserId });
  if (identity.userId !== undefined) aliases.push({ kind: "user", value: identity.userId });
  if (identity.phone !== undefined && isPhone(identity.phone)) aliases.push({ kind: "phone", value: identity.phone });
  if (identity.lid !== undefined) aliases.push({ kind: "lid", value: identity.lid });
  return aliases;
}

export function createIngestItem(
  event: MessageEvent,
  channel: { readonly businessId: BusinessId; readonly channelId: ChannelId; readonly quietMs: number; readonly scope: string },
): IngestItem {
  const { businessId } = channel;
  const aliases = aliasesOf(event.customer, event.groupId);
  return {
    event,
    businessId,
    channelId: channel.channelId,
    quietMs: channel.quietMs,
    scope: channel.scope,
    messageId: newId<MessageId>(),
    aliases,
    names: aliases.map((alias) => nameOf(businessId, alias)),
    contentJson: JSON.stringify(event.content),
  };
}

export interface ReplyAddress {
  readonly kind: "phone" | "user" | "lid" | "group";
  readonly address: string;
}

/** The address that this payload proved; the phone is preferred because writing to it keeps it visible (platform reference §4.5). */
export function replyAddressOf(event: MessageEvent): ReplyAddress | undefined {
  if (event.groupId !== undefined) return { kind: "group", address: event.groupId };
  if (event.customer.phone !== undefined && isPhone(event.customer.phone)) return { kind: "phone", address: event.customer.phone };
  if (event.customer.userId !== undefined) return { kind: "user", address: event.customer.userId };
  if (event.customer.lid !== undefined) return { kind: "lid", address: event.customer.lid };
  return undefined;
}
