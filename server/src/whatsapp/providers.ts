// Owns: the ways in which a number is reached: Meta's Cloud API, and the gateways, which speak WhatsApp Web. Refuses to know: how any of them works.
// Whatever differs between them is a table or a switch over these names that names each: so a new one does not compile until it is everywhere.

export const GATEWAYS = ["evolution", "waha", "baileys"] as const;
export type Gateway = (typeof GATEWAYS)[number];

export const PROVIDERS = ["cloud", ...GATEWAYS] as const;
export type Provider = (typeof PROVIDERS)[number];

export function isGateway(provider: string): provider is Gateway {
  return GATEWAYS.some((gateway) => gateway === provider);
}

/** Undefined for a name that is none of ours. */
export function readProvider(name: string | null): Provider | undefined {
  return PROVIDERS.find((provider) => provider === name);
}

interface GatewayNeeds {
  /** Which one of the gateway: several numbers share its address. */
  readonly instance: boolean;
  /** What proves its webhooks. */
  readonly webhookSecret: boolean;
}

/** What a channel of each cannot work without. */
export const GATEWAY_NEEDS: Readonly<Record<Gateway, GatewayNeeds>> = {
  // Its global webhook can send no header of ours; the token of the address is then all the proof there is.
  evolution: { instance: true, webhookSecret: false },
  waha: { instance: true, webhookSecret: true },
  baileys: { instance: false, webhookSecret: true },
};
