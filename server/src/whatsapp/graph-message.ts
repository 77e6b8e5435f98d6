// Owns: the request body with which a message is sent through the Cloud API. Refuses to know: whether it may be sent, and whether its content is
// valid (validate-content.ts has checked that).
import type { JsonObject } from "../kernel/json.ts";
import { quotedBy } from "./named-message.ts";
import type { SendAddress } from "./send-address.ts";
import type { SendRequest } from "./transport.ts";

export function buildGraphMessage({ to, content, names, ownId }: Omit<SendRequest, "channel">): JsonObject {
  // WhatsApp rejects a context beside a reaction.
  const quote = quotedBy({ content, names });
  return {
    ...content,
    messaging_product: "whatsapp",
    recipient_type: to.kind === "group" ? "group" : "individual",
    ...recipientOf(to),
    ...(quote === undefined ? {} : { context: { message_id: quote.id } }),
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
