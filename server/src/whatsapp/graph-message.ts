// Owns: the request body with which a message is sent through the Cloud API. Refuses to know: whether it may be sent, and whether its content is
// valid (validate-content.ts has checked that).
import type { JsonObject } from "../kernel/json.ts";

/** Where a message goes. A known phone is the better address: it keeps the phone visible in later webhooks. */
export type SendAddress =
  /** Digits, with or without "+". */
  | { readonly kind: "phone"; readonly phone: string }
  /** A business-scoped user id, or a parent one, whole. */
  | { readonly kind: "user"; readonly userId: string }
  | { readonly kind: "group"; readonly groupId: string }
  /** Of a gateway; the Cloud API knows no LID and refuses it. */
  | { readonly kind: "lid"; readonly lid: string };

export interface OutboundMessage {
  readonly address: SendAddress;
  /** In the Cloud API's own shape: `{"type":"text","text":{"body":"…"}}`. */
  readonly content: JsonObject;
  readonly quotedProviderMessageId?: string | undefined;
  /** Comes back in every status of the message, so that a lost answer can be settled. 512 characters at most. */
  readonly callbackData?: string | undefined;
}

const CALLBACK_DATA_LIMIT = 512;

/** Throws a RangeError when the callback data is too long: WhatsApp would refuse the message for a reason that its author cannot mend. */
export function buildGraphMessage({ address, content, quotedProviderMessageId, callbackData }: OutboundMessage): JsonObject {
  if (callbackData !== undefined && callbackData.length > CALLBACK_DATA_LIMIT) {
    throw new RangeError(`callbackData has ${callbackData.length} characters; WhatsApp takes ${CALLBACK_DATA_LIMIT} at most.`);
  }
  // A reaction and a pin name their message themselves; WhatsApp refuses a context beside a reaction.
  const quotes = quotedProviderMessageId !== undefined && content["type"] !== "reaction" && content["type"] !== "pin";
  return {
    ...content,
    messaging_product: "whatsapp",
    recipient_type: address.kind === "group" ? "group" : "individual",
    ...addressKeys(address),
    ...(quotes ? { context: { message_id: quotedProviderMessageId } } : {}),
    ...(callbackData === undefined ? {} : { biz_opaque_callback_data: callbackData }),
  };
}

function addressKeys(address: SendAddress): JsonObject {
  switch (address.kind) {
    case "phone":
      // Without "+" WhatsApp may put the business's own country code in front.
      return { to: `+${address.phone.replaceAll(/\D/g, "")}` };
    case "user":
      return { recipient: address.userId };
    case "group":
      return { to: address.groupId };
    case "lid":
      return { to: `${address.lid}@lid` };
  }
}
