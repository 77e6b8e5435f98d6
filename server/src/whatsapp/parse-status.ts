// Owns: turning one status of the Cloud API into a status event. Refuses to know: the message it is about, and whether it moves that forward.
import type { JsonObject } from "../kernel/json.ts";
import { participantOfStatus } from "./cloud-identity.ts";
import { DELIVERY_STATUSES, type DeliveryStatus, type StatusEvent, type UnreadableEvent } from "./events.ts";
import { type ItemSite, unreadable } from "./parse-message.ts";
import { readProviderFault } from "./provider-fault.ts";
import { readArray, readString } from "../kernel/read-json.ts";
import { notAhead, readTime } from "./provider-time.ts";
import { readStatusCosts } from "./status-costs.ts";

const KNOWN_STATUSES: ReadonlyMap<string, DeliveryStatus> = new Map(DELIVERY_STATUSES.map((status) => [status, status]));

/** Undefined when the provider's word for the status is none that we know. */
export function parseStatus(node: JsonObject, site: ItemSite): StatusEvent | UnreadableEvent | undefined {
  const { channelKey, customer, raw } = site;
  const word = readString(node, "status");
  // Of a payment that the message asked for: "failed" is not said of its delivery.
  if (readString(node, "type") === "payment") return undefined;
  const providerMessageId = readString(node, "id");
  if (word === undefined) return unreadable(site, 'no status: the item has no word "status"');
  const status = KNOWN_STATUSES.get(word);
  if (status === undefined) return undefined;
  if (channelKey === undefined) return unreadable(site, "no channel: the status came without metadata.phone_number_id");
  if (providerMessageId === undefined) return unreadable(site, "no id: the status does not say which message it is about");
  const callbackData = readString(node, "biz_opaque_callback_data");
  const fault = readProviderFault(readArray(node, "errors")?.[0]);
  return {
    kind: "status",
    provider: "cloud",
    channelKey,
    providerMessageId,
    status,
    at: notAhead(readTime(node, "timestamp"), site.receivedAt),
    participant: participantOfStatus(node),
    customer,
    raw,
    ...(callbackData === undefined ? {} : { callbackData }),
    ...(fault === undefined ? {} : { fault }),
    ...readStatusCosts(node),
  };
}
