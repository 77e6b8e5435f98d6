// Owns: the request body with which a message is sent through the Cloud API. Refuses to know: whether it may be sent, and whether its content is
// valid (validate-content.ts has checked that).
import type { JsonObject } from "../kernel/json.ts";
import { readString } from "../kernel/read-json.ts";
import { kindOf } from "./message-kinds.ts";
import type { SendAddress } from "./send-address.ts";
import type { SendRequest } from "./transport.ts";

export function buildGraphMessage({ to, content, quotes, ownId }: Omit<SendRequest, "channel">): JsonObject {
  // What changes another message names it in its own node; WhatsApp rejects a context beside a reaction.
  const canQuote = kindOf(readString(content, "type") ?? "").role !== "change";
  return {
    ...content,
    messaging_product: "whatsapp",
    recipient_type: to.kind === "group" ? "group" : "individual",
    ...recipientOf(to),
    ...(quotes !== undefined && canQuote ? { context: { message_id: quotes } } : {}),
    biz_opaque_callback_data: ownId,
  };
}

function recipientOf({ kind, value }: SendAddress): JsonObject {
  switch (kind) {
    case "phone":
      // Without "+" WhatsApp may put the business's own country code in front.
      return { to: `+${value.replaceAll(/\D/g, "")}` };
    case "user":
      return { recipient: value };
    case "group":
      return { to: value };
    case "lid":
      // The Cloud API does not know linked ids, and refuses this one.
      return { to: `${value}@lid` };
  }
}
