// Owns: handing messages to our own Baileys bridge, which sends them through its socket. Refuses to know: databases, windows, when to try again.
import { readString } from "../../kernel/read-json.ts";
import type { SendRequest, WhatsAppTransport } from "../transport.ts";
import type { GatewayMarkReadRequest } from "./evolution-client.ts";
import { readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { cannotSend, jidOf, readOutbound } from "./outbound-message.ts";

export interface BaileysClientDeps {
  readonly http: GatewayHttp;
  /** Where the bridge listens. */
  readonly baseUrl: string;
}

export function createBaileysClient({ http, baseUrl }: BaileysClientDeps): WhatsAppTransport {
  return {
    async sendMessage({ accessToken, body }: SendRequest) {
      const message = readOutbound(body);
      if ("outcome" in message) return message;
      const { jid, content, quotedId, callbackData } = message;
      // The same message always has the same id, so the bridge can tell a second request from a second message.
      const id = callbackData === undefined ? undefined : `3EB0${callbackData.replaceAll("-", "").toUpperCase()}`;
      const request = { to: jid, content, ...(id === undefined ? {} : { id }), ...(quotedId === undefined ? {} : { quotedId }) };
      const headers = { authorization: `Bearer ${accessToken}` };
      return readGatewaySend(await http.post({ baseUrl, path: "/send", headers, body: request }), (answer) => readString(answer, "id"));
    },
    async markRead({ accessToken, providerMessageId, typing, to }: GatewayMarkReadRequest) {
      const jid = jidOf(to);
      if (jid === undefined) return cannotSend("read receipts without a chat");
      const headers = { authorization: `Bearer ${accessToken}` };
      return readGatewayDone(await http.post({ baseUrl, path: "/read", headers, body: { to: jid, id: providerMessageId, typing } }));
    },
  };
}
