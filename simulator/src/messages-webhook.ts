// Owns the envelope of message webhooks: entries by account, changes by number. Knows nothing of customers' memory.
import type { PreparedMessage } from "./inbound-message.ts";
import type { JsonObject } from "./json-object.ts";
import type { BusinessNumber } from "./settings.ts";

export const envelopeOf = (entry: readonly JsonObject[]): JsonObject => ({ object: "whatsapp_business_account", entry });

export const metadataOf = (number: BusinessNumber): JsonObject => ({
  display_phone_number: number.displayPhoneNumber,
  phone_number_id: number.phoneNumberId,
});

/** One `messages` change of one number. Absent lists are left out, as on the platform. */
export function messagesChange(
  number: BusinessNumber,
  lists: { readonly contacts: readonly JsonObject[]; readonly messages?: readonly JsonObject[]; readonly statuses?: readonly JsonObject[] },
): JsonObject {
  return {
    value: {
      messaging_product: "whatsapp",
      metadata: metadataOf(number),
      ...(lists.contacts.length > 0 && { contacts: lists.contacts }),
      ...(lists.messages !== undefined && { messages: lists.messages }),
      ...(lists.statuses !== undefined && { statuses: lists.statuses }),
    },
    field: "messages",
  };
}

/** Each contact once, however many messages it has in the batch. */
export function uniqueContacts(contacts: readonly (JsonObject | undefined)[]): readonly JsonObject[] {
  const present = contacts.filter((contact) => contact !== undefined);
  if (present.length < 2) return present;
  const byIdentity = new Map<string, JsonObject>();
  for (const contact of present) byIdentity.set(`${String(contact["wa_id"])} ${String(contact["user_id"])}`, contact);
  return [...byIdentity.values()];
}

/** Changes gathered into one entry per account, in order of first appearance. */
export function entriesOf(changes: readonly { readonly wabaId: string; readonly change: JsonObject }[]): readonly JsonObject[] {
  const byAccount = new Map<string, JsonObject[]>();
  for (const { wabaId, change } of changes) {
    const list = byAccount.get(wabaId);
    if (list === undefined) byAccount.set(wabaId, [change]);
    else list.push(change);
  }
  return [...byAccount].map(([id, list]) => ({ id, changes: list }));
}

/** The same of threads that another app has: what we get is a copy. */
const standbyOf = (
  number: BusinessNumber,
  lists: { readonly contacts: readonly JsonObject[]; readonly messages: readonly JsonObject[] },
): JsonObject => ({
  value: {
    metadata: metadataOf(number),
    standby: { ...(lists.contacts.length > 0 && { contacts: lists.contacts }), messages: lists.messages },
  },
  field: "standby",
});

export function messagesWebhook(batch: readonly PreparedMessage[]): JsonObject {
  const byNumber = Map.groupBy(batch, ({ number, isCopy }) => `${number.phoneNumberId}${isCopy ? " standby" : ""}`);
  const changes = [...byNumber.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const contacts = uniqueContacts(list.map((prepared) => prepared.contact));
    const changeOf = first.isCopy ? standbyOf : messagesChange;
    return [{ wabaId: first.number.wabaId, change: changeOf(first.number, { contacts, messages: list.map(({ message }) => message) }) }];
  });
  return envelopeOf(entriesOf(changes));
}
