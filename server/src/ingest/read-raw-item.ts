// Owns: from a row of the raw log back to its events, on the way that the webhook took. Refuses to know what becomes of them.
import type { Row } from "../db/query.ts";
import type { WebhookEvent } from "../whatsapp/events.ts";
import { parseGatewayWebhook } from "../whatsapp/gateways/parse-gateway-webhook.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import type { ParsedWebhook } from "../whatsapp/opened-webhook.ts";
import { isGateway } from "../whatsapp/providers.ts";
import type { listReplayableAcrossBusinesses } from "./raw-items.queries.ts";

export type RawItem = Row<typeof listReplayableAcrossBusinesses>;

/** Undefined when it still cannot be read. */
export function readRawItem(row: RawItem): readonly WebhookEvent[] | undefined {
  const parsed = parse(row);
  if (parsed?.outcome !== "events" || parsed.events.some((event) => event.kind === "unreadable")) return undefined;
  // Whatever has no time of its own is as old as its webhook.
  return parsed.events.map((event) => (event.kind === "notice" ? { ...event, receivedAt: row.received_at } : event));
}

function parse({ provider, channel_key, received_at, body }: RawItem): ParsedWebhook | undefined {
  if (provider === "cloud") return parseCloudWebhook(Buffer.from(body), received_at);
  if (!isGateway(provider)) return undefined;
  return parseGatewayWebhook(provider, Buffer.from(body), { channelKey: channel_key ?? "", receivedAt: received_at });
}
