// Owns: handing messages to our own Baileys bridge, which sends them through its socket. Refuses to know: databases, windows, when to try again.
import type { JsonObject } from "../../kernel/json.ts";
import { readString } from "../../kernel/read-json.ts";
import type { MarkReadRequest, SendRequest, WhatsAppTransport } from "../transport.ts";
import { readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { type GatewayMessage, jidOf, NO_CHAT, readOutbound } from "./outbound-message.ts";

export interface BaileysClientDeps {
  readonly http: GatewayHttp;
  /** Where the bridge listens. */
  readonly baseUrl: string;
}

/** `quotedId`: which message is quoted. `named`: what Baileys has to be told of that one, or of the one that is changed. */
function namedIn({ quote, target }: Pick<GatewayMessage, "quote" | "target">): JsonObject {
  const key = quote ?? target;
  if (key === undefined) return {};
  const { id, ...named } = key;
  return { named: { ...named }, ...(quote === undefined ? {} : { quotedId: id }) };
}

/** `data`, base64, in the place of a link. */
function contentOf({ content, kind, node: { id: _id, ...node }, enclosed }: GatewayMessage): JsonObject {
  if (enclosed === undefined) return content;
  return { ...content, [kind]: { ...node, data: enclosed.slot, mime_type: enclosed.file.mimeType } };
}

export function createBaileysClient({ http, baseUrl }: BaileysClientDeps): WhatsAppTransport {
  return {
    async sendMessage(request: SendRequest) {
      const { channel, ownId } = request;
      const message = readOutbound("baileys", request);
      if ("outcome" in message) return message;
      // The same message always has the same id, so the bridge can tell a second request from a second message.
      const id = `3EB0${ownId.replaceAll("-", "").toUpperCase()}`;
      // The bridge makes Baileys' own form of the content.
      const body = { to: message.jid, content: contentOf(message), id, ...namedIn(message) };
      const headers = { authorization: `Bearer ${channel.accessToken}` };
      const answer = await http.post({ baseUrl, path: "/send", headers, body, enclosed: message.enclosed });
      return readGatewaySend(answer, (sent) => readString(sent, "id"));
    },
    async markRead({ channel, chat, providerMessageId, typing }: MarkReadRequest) {
      const jid = jidOf(chat);
      if (jid === undefined) return NO_CHAT;
      const headers = { authorization: `Bearer ${channel.accessToken}` };
      return readGatewayDone(await http.post({ baseUrl, path: "/read", headers, body: { to: jid, id: providerMessageId, typing } }));
    },
  };
}
