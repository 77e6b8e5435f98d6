// Owns: which parser reads which gateway's webhook; a replay takes the same way as the webhook did. Refuses to know: HTTP, databases.
import { type OpenedWebhook, type ParsedWebhook, readAtOnce } from "../opened-webhook.ts";
import type { Gateway } from "../providers.ts";
import { openBaileysEvents } from "./baileys-events.ts";
import { openEvolutionWebhook } from "./evolution-webhook.ts";
import type { GatewayDelivery } from "./gateway-item.ts";
import { openWahaWebhook } from "./waha-webhook.ts";

const OPENERS: Readonly<Record<Gateway, (rawBody: Buffer, delivery: GatewayDelivery) => OpenedWebhook>> = {
  evolution: openEvolutionWebhook,
  waha: openWahaWebhook,
  baileys: openBaileysEvents,
};

/** Never throws. */
export function parseGatewayWebhook(gateway: Gateway, rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return readAtOnce(openGatewayWebhook(gateway, rawBody, delivery));
}

/** The same, an event at a time. */
export function openGatewayWebhook(gateway: Gateway, rawBody: Buffer, delivery: GatewayDelivery): OpenedWebhook {
  return OPENERS[gateway](rawBody, delivery);
}
