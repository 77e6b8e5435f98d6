// Owns: asking WAHA and Evolution what was sent in a chat. Refuses to know: what an answer proves. Baileys keeps nothing that could be asked for.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isArray, isObject, parseJson, readArray, readInteger, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import type { Gateway } from "../providers.ts";
import type { SentAnswer, SentLookup, SentRecord } from "../sent-lookup.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { jidOf } from "./outbound-message.ts";
import { chatIdOf } from "./waha-calls.ts";
import { readWahaMessageId } from "./waha-message-id.ts";

interface Place {
  readonly http: GatewayHttp;
  readonly baseUrl: string;
  readonly instance: string;
}

/** Of one chat, the newest first. */
const PAGE = 50;
/** Who typed it on a phone or a desktop is a person, not we. */
const TYPED: ReadonlySet<string> = new Set(["app", "android", "ios", "desktop"]);

type Answered = Awaited<ReturnType<GatewayHttp["post"]>>;

const LOOKUPS: Readonly<Record<Gateway, ((place: Place) => SentLookup) | undefined>> = {
  // `GET /api/{session}/chats/{chatId}/messages` (WAHA documentation, chats).
  waha: ({ http, baseUrl, instance }) => ({
    scope: "chat",
    async list({ channel, chat, since }) {
      const jid = jidOf(chat);
      if (jid === undefined) return NO_CHAT;
      const seconds = String(Math.floor(since.getTime() / 1_000));
      const query = new URLSearchParams({
        limit: String(PAGE),
        downloadMedia: "false",
        "filter.timestamp.gte": seconds,
        "filter.fromMe": "true",
      });
      const path = `/api/${encodeURIComponent(instance)}/chats/${encodeURIComponent(chatIdOf(jid))}/messages?${query.toString()}`;
      const answer = await http.get({ baseUrl, path, headers: { "x-api-key": channel.accessToken } });
      return answerOf(answer, since, { listOf: (body) => (isArray(body) ? body : undefined), recordOf: wahaRecord });
    },
  }),
  evolution: ({ http, baseUrl, instance }) => ({
    scope: "chat",
    async list({ channel, chat, since }) {
      const jid = jidOf(chat);
      if (jid === undefined) return NO_CHAT;
      const path = `/chat/findMessages/${encodeURIComponent(instance)}`;
      const body = { where: { key: { remoteJid: jid } }, page: 1, offset: PAGE };
      const answer = await http.post({ baseUrl, path, headers: { apikey: channel.accessToken }, body });
      const listOf = (found: Json): readonly Json[] | undefined =>
        isObject(found) ? readArray(readObject(found, "messages") ?? found, "records") : undefined;
      return answerOf(answer, since, { listOf, recordOf: evolutionRecord });
    },
  }),
  baileys: undefined,
};

/** `settings`: `{baseUrl, instance}` of the channel. Undefined when it has no look-up, or they are incomplete. */
export function gatewaySentLookup(http: GatewayHttp, gateway: Gateway, settings: JsonObject): SentLookup | undefined {
  const [baseUrl, instance] = [readString(settings, "baseUrl"), readString(settings, "instance")];
  return baseUrl === undefined || instance === undefined ? undefined : LOOKUPS[gateway]?.({ http, baseUrl, instance });
}

const NO_CHAT: SentAnswer = { outcome: "refused", reason: "A gateway has chats of phones, linked ids and groups only." };

interface Listed {
  readonly at: Date;
  /** Absent: the customer's, or typed by a person. */
  readonly own?: SentRecord;
}

interface Reading {
  readonly listOf: (body: Json) => readonly Json[] | undefined;
  readonly recordOf: (node: JsonObject) => Listed | undefined;
}

function answerOf(answer: Answered, since: Date, { listOf, recordOf }: Reading): SentAnswer {
  if ("outcome" in answer) return { outcome: "failed", reason: answer.sentence };
  if (answer.end !== "answered") return { outcome: "failed", reason: answer.error.message };
  const { httpStatus, text } = answer;
  // A store that is switched off, a route that this version does not have.
  if (httpStatus === 404 || httpStatus === 405 || httpStatus === 422 || httpStatus === 501)
    return { outcome: "refused", reason: `The gateway answered ${String(httpStatus)}.` };
  const body = httpStatus >= 200 && httpStatus <= 299 ? parseJson(text) : undefined;
  const list = body === undefined ? undefined : listOf(body);
  if (list === undefined) return { outcome: "failed", reason: `The gateway answered ${String(httpStatus)} without a list of messages.` };
  const listed = list.map((node) => (isObject(node) ? recordOf(node) : undefined));
  const known = listed.filter((one) => one !== undefined);
  const reachesBack = list.length < PAGE || known.some(({ at }) => at < since);
  const records = new Map(known.flatMap(({ own }) => (own === undefined ? [] : [[own.providerMessageId, own] as const])));
  return { outcome: "answered", records: [...records.values()], isWhole: reachesBack && known.length === list.length };
}

function timeOf(node: JsonObject, key: string): Date | undefined {
  const low = readInteger(readObject(node, key), "low");
  const seconds = low ?? Number(readScalar(node, key));
  return Number.isFinite(seconds) && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1_000) : undefined;
}

function isOurs(isFromMe: boolean, node: JsonObject): boolean {
  return isFromMe && !TYPED.has(readString(node, "source")?.toLowerCase() ?? "");
}

function wahaRecord(node: JsonObject): Listed | undefined {
  const id = readWahaMessageId(node["id"]);
  const at = timeOf(node, "timestamp");
  if (id === undefined || at === undefined) return undefined;
  if (!isOurs(node["fromMe"] === true || id.fromMe === true, node)) return { at };
  const text = node["hasMedia"] === true ? undefined : textOf(node["body"]);
  return { at, own: { providerMessageId: id.bareId, at, ...(text === undefined ? {} : { text }) } };
}

function evolutionRecord(node: JsonObject): Listed | undefined {
  const key = readObject(node, "key");
  const id = readString(key, "id");
  const at = timeOf(node, "messageTimestamp");
  if (id === undefined || at === undefined) return undefined;
  if (!isOurs(key?.["fromMe"] === true, node)) return { at };
  const message = readObject(node, "message");
  const text = textOf(message?.["conversation"]) ?? textOf(readObject(message, "extendedTextMessage")?.["text"]);
  return { at, own: { providerMessageId: id, at, ...(text === undefined ? {} : { text }) } };
}

/** Exactly as it stands there: a proof compares it. */
function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
