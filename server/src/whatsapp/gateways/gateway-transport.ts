// Owns: which client sends for a channel of a gateway, from the channel's settings. Refuses to know: the Cloud API, databases.
import type { JsonObject } from "../../kernel/json.ts";
import type { Provider } from "../events.ts";
import { readString } from "../../kernel/read-json.ts";
import type { WhatsAppTransport } from "../transport.ts";
import { createBaileysClient } from "./baileys-client.ts";
import { createEvolutionClient } from "./evolution-client.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { createWahaClient } from "./waha-client.ts";

/** `settings`: `{baseUrl, instance}` of the channel. Undefined when they are incomplete: nothing can be sent then. */
export function gatewayTransport(
  http: GatewayHttp,
  provider: Exclude<Provider, "cloud">,
  settings: JsonObject | undefined,
): WhatsAppTransport | undefined {
  const baseUrl = readString(settings, "baseUrl");
  const instance = readString(settings, "instance");
  if (baseUrl === undefined) return undefined;
  if (provider === "baileys") return createBaileysClient({ http, baseUrl });
  if (instance === undefined) return undefined;
  return provider === "evolution"
    ? createEvolutionClient({ http, baseUrl, instance })
    : createWahaClient({ http, baseUrl, session: instance });
}
