// Owns echoes: what a human of the business writes in the WhatsApp Business app. Never opens a window.
import type { VirtualClock } from "./clock.ts";
import type { Customers } from "./customers.ts";
import type { Identifiers } from "./identifiers.ts";
import { InputError, readString, readUnixSeconds } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { envelopeOf, metadataOf } from "./messages-webhook.ts";
import type { Settings } from "./settings.ts";

export interface BusinessEcho {
  readonly wamid: string;
  readonly webhook: JsonObject;
}

/** The webhook for `{to|userId, text | type + node, phoneNumberId?, id?, timestamp?}`. Throws InputError. */
export function createBusinessEcho(
  deps: { readonly settings: Settings; readonly clock: VirtualClock; readonly identifiers: Identifiers; readonly customers: Customers },
  source: JsonObject,
): BusinessEcho {
  const { settings, clock, identifiers, customers } = deps;
  const number = settings.numbers.get(readString(source, "phoneNumberId") ?? settings.defaultNumber.phoneNumberId);
  if (number === undefined) throw new InputError('"phoneNumberId" is not one of the simulator\'s numbers.');
  const to = readString(source, "to")?.replace(/[+\s()-]/g, "");
  const customer = to === undefined ? undefined : customers.findByPhone(to);
  const userId = readString(source, "userId") ?? customer?.userId;
  if (to === undefined && userId === undefined) throw new InputError('Say to whom the business writes: "to" (a phone number) or "userId".');
  const { text } = source;
  const type = readString(source, "type") ?? (text === undefined ? undefined : "text");
  if (type === undefined) throw new InputError('Say what the business writes: "text":"…", or "type" with the node of that type.');
  const node = type === "text" && typeof text === "string" ? { body: text } : source[type];
  const wamid = readString(source, "id") ?? identifiers.wamid();
  const echo: JsonObject = {
    from: number.displayPhoneNumber,
    ...(to !== undefined && { to }),
    ...(userId !== undefined && { to_user_id: userId }),
    id: wamid,
    timestamp: readUnixSeconds(source, "timestamp") ?? clock.nowSeconds(),
    type,
    ...(node !== undefined && { [type]: node }),
  };
  const contact = { ...(to !== undefined && { wa_id: to }), ...(userId !== undefined && { user_id: userId }) };
  const value = { messaging_product: "whatsapp", metadata: metadataOf(number), contacts: [contact], message_echoes: [echo] };
  return {
    wamid,
    webhook: envelopeOf([{ id: number.wabaId, time: Number(clock.nowSeconds()), changes: [{ value, field: "smb_message_echoes" }] }]),
  };
}
