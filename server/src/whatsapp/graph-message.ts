// Owns: the request body with which a message is sent through the Cloud API. Refuses to know: whether it may be sent, and whether its content is
// valid (validate-content.ts has checked that).
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readScalar } from "../kernel/read-json.ts";
import { quotedBy } from "./named-message.ts";
import type { SendAddress } from "./send-address.ts";
import type { SendRequest } from "./transport.ts";

export function buildGraphMessage({ to, content, names, ownId }: Omit<SendRequest, "channel">): JsonObject {
  // WhatsApp rejects a context beside a reaction.
  const quote = quotedBy({ content, names });
  return {
    ...inMetaForm(content),
    messaging_product: "whatsapp",
    recipient_type: to.kind === "group" ? "group" : "individual",
    ...writeGraphRecipient(to),
    ...(quote === undefined ? {} : { context: { message_id: quote.id } }),
    biz_opaque_callback_data: ownId,
  };
}

/** What Meta writes in another way than we take it. */
function inMetaForm(content: JsonObject): JsonObject {
  const interactive = readObject(content, "interactive");
  // Renamed by Meta on 2026-05-28 (changelog #402).
  if (interactive?.["type"] === "contact_request") {
    return { ...content, interactive: { ...interactive, type: "request_contact_info", action: { name: "request_contact_info" } } };
  }
  const location = readObject(content, "location");
  if (location === undefined) return content;
  // Documented as texts; that numbers are taken too is not.
  const [latitude, longitude] = [readScalar(location, "latitude") ?? "", readScalar(location, "longitude") ?? ""];
  return { ...content, location: { ...location, latitude, longitude } };
}

/** Whom a request is about, as the Graph API names them. */
export function writeGraphRecipient({ kind, value }: SendAddress): JsonObject {
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
