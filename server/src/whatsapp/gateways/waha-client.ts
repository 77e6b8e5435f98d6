// Owns: sending through one session of WAHA. Refuses to know: how each kind of message is written, databases, windows, when to try again.
import type { JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../../kernel/read-json.ts";
import type { MarkReadRequest, SendRequest, WhatsAppTransport } from "../transport.ts";
import type { Enclosure } from "./enclose-file.ts";
import { concernsOnly, readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { jidOf, NO_CHAT, readOutbound } from "./outbound-message.ts";
import { chatIdOf, WAHA_CALLS, type WahaCall } from "./waha-calls.ts";
import { readWahaMessageId } from "./waha-message-id.ts";

export interface WahaClientDeps {
  readonly http: GatewayHttp;
  readonly baseUrl: string;
  readonly session: string;
}

type Answered = ReturnType<GatewayHttp["post"]>;

export function createWahaClient({ http, baseUrl, session }: WahaClientDeps): WhatsAppTransport {
  const ask = ({ operation, method = "POST", body }: WahaCall, accessToken: string, enclosed?: Enclosure): Answered =>
    http.post({
      ...{ baseUrl, path: `/api/${operation}`, method, headers: { "x-api-key": accessToken } },
      ...{ body: { session, ...body }, enclosed },
    });

  async function call(wanted: WahaCall, accessToken: string, enclosed: Enclosure | undefined): Answered {
    const answer = await ask(wanted, accessToken, enclosed);
    // Of a reaction WAHA's own pages say PUT and POST. Whoever does not know the first has certainly not done it.
    const isUnknown = wanted.method === "PUT" && "httpStatus" in answer && (answer.httpStatus === 404 || answer.httpStatus === 405);
    return isUnknown ? ask({ ...wanted, method: "POST" }, accessToken) : answer;
  }

  return {
    async sendMessage(request: SendRequest) {
      const message = readOutbound("waha", request);
      if ("outcome" in message) return message;
      const answer = await call(WAHA_CALLS[message.kind](message), request.channel.accessToken, message.enclosed);
      // Some engines answer a reaction without naming it, and nothing is ever reported of one.
      const unnamed = message.kind === "reaction" ? `reaction:${request.ownId}` : undefined;
      return concernsOnly(
        message.kind,
        readGatewaySend(answer, (sent) => idOf(sent) ?? unnamed),
      );
    },
    async markRead({ channel: { accessToken }, chat: address, typing }: MarkReadRequest) {
      const jid = jidOf(address);
      if (jid === undefined) return NO_CHAT;
      const body = { chatId: chatIdOf(jid) };
      const seen = readGatewayDone(await ask({ operation: "sendSeen", body }, accessToken));
      // Typing before the message was seen looks like a machine; WAHA ends it with the message.
      return typing && seen.outcome === "accepted" ? readGatewayDone(await ask({ operation: "startTyping", body }, accessToken)) : seen;
    },
  };
}

/** A string, an object around it, or a key, by engine. */
function idOf(answer: JsonObject): string | undefined {
  return readWahaMessageId(answer["id"])?.bareId ?? readString(readObject(answer, "key"), "id");
}
