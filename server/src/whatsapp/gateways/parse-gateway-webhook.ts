// Owns: which parser reads which gateway's webhook; a replay takes the same way as the webhook did. Refuses to know: HTTP, databases.
import type { Provider } from "../events.ts";
import type { ParsedWebhook } from "../parse-webhook.ts";
import { parseBaileysEvents } from "./baileys-events.ts";
import { parseEvolutionWebhook } from "./evolution-webhook.ts";
import type { GatewayDelivery } from "./gateway-item.ts";
import { parseWahaWebhook } from "./waha-webhook.ts";

export const GATEWAYS = ["evolution", "waha", "baileys"] as const satisfies readonly Provider[];
export type Gateway = (typeof GATEWAYS)[number];

const PARSERS: Readonly<Record<Gateway, (rawBody: Buffer, delivery: GatewayDelivery) => ParsedWebhook>> = {
  evolution: parseEvolutionWebhook,
  waha: parseWahaWebhook,
  baileys: parseBaileysEvents,
};

export function isGateway(provider: string): provider is Gateway {
  return GATEWAYS.some((gateway) => gateway === provider);
}

/** Never throws. */
export function parseGatewayWebhook(gateway: Gateway, rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return PARSERS[gateway](rawBody, delivery);
}
