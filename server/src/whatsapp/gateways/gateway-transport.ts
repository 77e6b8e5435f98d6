// Owns: which client sends for a channel of a gateway, from the channel's settings. Refuses to know: the Cloud API, databases.
import type { JsonObject } from "../../kernel/json.ts";
import { readString } from "../../kernel/read-json.ts";
import type { Gateway } from "../providers.ts";
import type { WhatsAppTransport } from "../transport.ts";
import { createBaileysClient } from "./baileys-client.ts";
import { createEvolutionClient } from "./evolution-client.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { createWahaClient } from "./waha-client.ts";

interface Place {
  readonly http: GatewayHttp;
  readonly baseUrl: string;
  readonly instance: string | undefined;
}

const CLIENTS: Readonly<Record<Gateway, (place: Place) => WhatsAppTransport | undefined>> = {
  evolution: ({ http, baseUrl, instance }) => (instance === undefined ? undefined : createEvolutionClient({ http, baseUrl, instance })),
  waha: ({ http, baseUrl, instance }) => (instance === undefined ? undefined : createWahaClient({ http, baseUrl, session: instance })),
  baileys: ({ http, baseUrl }) => createBaileysClient({ http, baseUrl }),
};

/** `settings`: `{baseUrl, instance}` of the channel. Undefined when they are incomplete: nothing can be sent then. */
export function gatewayTransport(http: GatewayHttp, gateway: Gateway, settings: JsonObject | undefined): WhatsAppTransport | undefined {
  const baseUrl = readString(settings, "baseUrl");
  return baseUrl === undefined ? undefined : CLIENTS[gateway]({ http, baseUrl, instance: readString(settings, "instance") });
}
