// Owns: the identities that WhatsApp Web sends without a message: contact cards and LID mappings. Refuses to know: the envelope around them.
import type { JsonObject } from "../../kernel/json.ts";
import type { CustomerIdentity, WebhookEvent } from "../events.ts";
import { readString } from "../../kernel/read-json.ts";
import { type GatewayItem, identityEventOf, noticeOf } from "./gateway-item.ts";
import { classifyJid } from "./jid.ts";

const ADDRESS_KEYS = ["remoteJid", "id", "remoteJidAlt", "lid", "jid", "phoneNumber", "pn"] as const;
/** The name in the business's address book goes before the one that the customer gave themselves. */
const NAME_KEYS = ["name", "pushName", "notify", "verifiedName"] as const;

/** A contact of Baileys or Evolution, or a pair `{lid, pn}`. A notice when it connects nothing. */
export function readContact(node: JsonObject, item: GatewayItem, field: string): WebhookEvent {
  const customer: { -readonly [K in keyof CustomerIdentity]: CustomerIdentity[K] } = {};
  for (const key of ADDRESS_KEYS) {
    const jid = classifyJid(withServer(key, readString(node, key)));
    if (jid?.kind === "phone" || jid?.kind === "lid") customer[jid.kind] ??= jid.value;
  }
  const name = NAME_KEYS.map((key) => readString(node, key)).find((text) => text !== undefined);
  if (name !== undefined) customer.name = name;
  return identityEventOf(item, customer) ?? noticeOf(item, field);
}

/** Some versions write these two without the server; everywhere else digits alone say nothing. */
function withServer(key: (typeof ADDRESS_KEYS)[number], text: string | undefined): string | undefined {
  if (text === undefined || text.includes("@")) return text;
  if (key === "lid") return `${text}@lid`;
  return key === "pn" || key === "phoneNumber" ? `${text.replace("+", "")}@s.whatsapp.net` : undefined;
}
