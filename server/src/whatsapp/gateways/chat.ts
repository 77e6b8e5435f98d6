// Owns: whom a gateway's item is about: a person, a member of a group, or nobody that Onethread keeps a thread with. Refuses to know: how a
// gateway spells its keys, and which person that is to us.
import type { CustomerIdentity } from "../events.ts";
import { classifyJid, type ClassifiedJid } from "./jid.ts";

type MaybeJid = string | undefined;

/** The business's own addresses, as far as the payload names them. */
export interface OwnNumber {
  readonly phone?: string;
  readonly lid?: string;
}

export interface ChatAddresses {
  readonly chat: MaybeJid;
  /** Other spellings of the same counterpart of a one-to-one chat. */
  readonly chatAlternatives: readonly MaybeJid[];
  /** Who wrote, in a group. */
  readonly author?: MaybeJid;
  readonly authorAlternatives?: readonly MaybeJid[];
  readonly fromMe: boolean;
  readonly own: OwnNumber;
}

export type Chat =
  | { readonly kind: "person"; readonly customer: CustomerIdentity }
  | { readonly kind: "group"; readonly groupId: string; readonly customer: CustomerIdentity }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

export function ownNumber(...addresses: readonly MaybeJid[]): OwnNumber {
  const own: { phone?: string; lid?: string } = {};
  for (const address of addresses) {
    const jid = classifyJid(address);
    if (jid?.kind === "phone" || jid?.kind === "lid") own[jid.kind] ??= jid.value;
  }
  return own;
}

export function readChat(addresses: ChatAddresses): Chat {
  const { own, fromMe } = addresses;
  const chat = classifyJid(addresses.chat);
  if (chat === undefined)
    return { kind: "unreadable", reason: "no chat: the address of the chat is missing or of a kind that is not known" };
  if (chat.kind === "ignored") return { kind: "ignored", reason: chat.reason };
  if (chat.kind !== "group") {
    if (own[chat.kind] === chat.value) return { kind: "ignored", reason: "own_number" };
    return { kind: "person", customer: joinNames(chat, addresses.chatAlternatives, { own, fromMe }) };
  }
  const author = fromMe ? undefined : classifyJid(addresses.author);
  const customer = author === undefined ? {} : joinNames(author, addresses.authorAlternatives ?? [], { own, fromMe });
  return { kind: "group", groupId: chat.value, customer };
}

/** Two identifiers of one payload prove one person, so a doubtful second one is left out: our own, or one of a kind that we already have. */
function joinNames(
  first: ClassifiedJid,
  alternatives: readonly MaybeJid[],
  { own, fromMe }: Pick<ChatAddresses, "own" | "fromMe">,
): CustomerIdentity {
  const customer: { phone?: string; lid?: string } = {};
  if (first.kind === "phone" || first.kind === "lid") customer[first.kind] = first.value;
  for (const address of alternatives) {
    const other = classifyJid(address);
    if (other?.kind !== "phone" && other?.kind !== "lid") continue;
    // In what the business sent, the alternative can be its own number: only a known own number shows which.
    if (fromMe ? (own[other.kind] ?? other.value) === other.value : own[other.kind] === other.value) continue;
    customer[other.kind] ??= other.value;
  }
  return customer;
}
