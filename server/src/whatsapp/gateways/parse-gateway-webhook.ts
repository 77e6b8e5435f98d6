// Owns: which parser reads which gateway's webhook; a replay takes the same way as the webhook did. Refuses to know: HTTP, databases.
import type { Provider } from "../events.ts";
import { type OpenedWebhook, type ParsedWebhook, readAtOnce } from "../opened-webhook.ts";
import { openBaileysEvents } from "./baileys-events.ts";
import { openEvolutionWebhook } from "./evolution-webhook.ts";
import type { GatewayDelivery } from "./gateway-item.ts";
import { openWahaWebhook } from "./waha-webhook.ts";

export const GATEWAYS = ["evolution", "waha", "baileys"] as const satisfies readonly Provider[];
export type Gateway = (typeof GATEWAYS)[number];

const OPENERS: Readonly<Record<Gateway, (rawBody: Buffer, delivery: GatewayDelivery) => OpenedWebhook>> = {
  evolution: openEvolutionWebhook,
  waha: openWahaWebhook,
  baileys: openBaileysEvents,
};

export function isGateway(provider: string): provider is Gateway {
  return GATEWAYS.some((gateway) => gateway === provider);
}

/** Never throws. */
export function parseGatewayWebhook(gateway: Gateway, rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return readAtOnce(openGatewayWebhook(gateway, rawBody, delivery));
}

/** The same, an event at a time. */
export function openGatewayWebhook(gateway: Gateway, rawBody: Buffer, delivery: GatewayDelivery): OpenedWebhook {
  return OPENERS[gateway](rawBody, delivery);
}
