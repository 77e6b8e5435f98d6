// Owns: opening a file that came through a gateway, in the ways in which each of them has it, one after the other. A gateway's key goes to the gateway's own address
// only. Refuses to know: what is done with the bytes, and when it is tried again.
import type { JsonObject } from "../kernel/json.ts";
import { parseObject, readObject, readString } from "../kernel/read-json.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import { readWahaMessageId } from "../whatsapp/gateways/waha-message-id.ts";
import type { Gateway } from "../whatsapp/providers.ts";
import { fileKindOf } from "./media-kinds.ts";
import { type FetchLimits, type MediaOrigin, type OpenedFile, mediaProblemOf, problemOfStatus, readSha256 } from "./media-origin.ts";
import { MediaProblem } from "./media-problem.ts";
import type { OpenWebMedia } from "./open-web-media.ts";

export interface GatewayMediaDeps {
  /** For addresses that came with a message. */
  readonly outside: Pick<OutsideHttp, "stream">;
  /** For the address of the gateway itself, which the operator has entered: it may be in this network. */
  readonly gateways: Pick<OutsideHttp, "request" | "stream">;
  readonly openWebMedia: OpenWebMedia;
  readonly limits: FetchLimits;
}

/** One way in which a gateway may have the file; undefined: not in this one. */
type Way = (origin: MediaOrigin, signal: AbortSignal) => Promise<OpenedFile | undefined>;

/** An answer with a file in base64 is held as a whole: larger ones only come in the other ways. */
const MAX_ANSWER_BYTES = 48 * 1024 * 1024;
const GATEWAY = "The gateway";

interface Place {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly instance: string;
  readonly key: string;
}

export function createOpenGatewayMedia(deps: GatewayMediaDeps): (origin: MediaOrigin, signal: AbortSignal) => Promise<OpenedFile> {
  const ways: Readonly<Record<Gateway, readonly Way[]>> = {
    evolution: [fromWebhook, createFromEvolutionLink(deps), createAskEvolution(deps), deps.openWebMedia],
    waha: [createFromWahaLink(deps), createAskWaha(deps), deps.openWebMedia],
    baileys: [deps.openWebMedia],
  };
  return async (origin, signal) => {
    const problems: MediaProblem[] = [];
    const known = origin.provider === "cloud" ? [] : ways[origin.provider];
    // What opened and then turned out to be another file is not tried first again.
    const first = known.length === 0 ? 0 : (origin.attempt - 1) % known.length;
    for (const way of [...known.slice(first), ...known.slice(0, first)]) {
      signal.throwIfAborted();
      try {
        const file = await way(origin, signal);
        if (file !== undefined) return withSaid(file, origin);
      } catch (error) {
        problems.push(mediaProblemOf(error));
      }
    }
    // The first is the way that the gateway itself names. One that may help later counts more than one that never will.
    throw (
      problems.find(({ code }) => code !== "host_not_allowed") ??
      problems[0] ??
      new MediaProblem("not_provided", "The gateway does not hand out this file. The customer's message is on the phone.")
    );
  };
}

/** What the message itself says of its file. */
function withSaid(file: OpenedFile, { content, type }: MediaOrigin): OpenedFile {
  const node = readObject(content, type);
  return {
    ...file,
    sha256: file.sha256 ?? readSha256(readString(node, "sha256")),
    mimeType: file.mimeType ?? readString(node, "mime_type"),
  };
}

/** Undefined: the gateway cannot be asked. */
function placeOf({ settings, accessToken }: MediaOrigin): Place | undefined {
  const baseUrl = readString(settings ?? undefined, "baseUrl")?.replace(/\/+$/, "");
  if (baseUrl === undefined || accessToken === null) return undefined;
  return { baseUrl, instance: readString(settings ?? undefined, "instance") ?? "", key: accessToken };
}

function ofBytes(bytes: Buffer): AsyncIterable<Uint8Array> {
  return (async function* () {
    yield bytes;
  })();
}

/** No letter of a file in base64 is escaped, so it is found without taking a body of many megabytes apart; a customer's text that says the same has its quotes escaped. */
function base64In(json: string, key: string): Buffer | undefined {
  const found = new RegExp(`(?<!\\\\)"${key}"\\s*:\\s*"`).exec(json);
  if (found === null) return undefined;
  const start = found.index + found[0].length;
  const end = json.indexOf('"', start);
  const text = json.slice(start, end < 0 ? start : end).replace(/^data:[^,]{0,200},/, "");
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 0 ? undefined : bytes;
}

async function fromWebhook(origin: MediaOrigin): Promise<OpenedFile | undefined> {
  const body = await origin.readBody();
  const bytes = body === undefined ? undefined : base64In(body, "base64");
  return bytes === undefined ? undefined : { body: ofBytes(bytes), bytes: bytes.length };
}

type StreamOf = Pick<OutsideHttp, "stream">;

async function openLink(
  http: StreamOf,
  request: { url: string; headers?: Record<string, string>; maxRedirects: number } & Ask,
): Promise<OpenedFile> {
  const { limits, signal, maxBytes, url, headers = {}, maxRedirects } = request;
  const answer = await http.stream({
    ...limits,
    url,
    signal,
    maxBytes,
    maxRedirects,
    headers: { ...headers, "accept-encoding": "identity" },
  });
  if (answer.status === 200) return { body: answer.body };
  answer.discard();
  throw problemOfStatus(answer.status, GATEWAY);
}

interface Ask {
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

/** In the store that Evolution was given, mostly with a signature in the address. Evolution's key is not for it. */
function createFromEvolutionLink({ outside, limits }: GatewayMediaDeps): Way {
  return async ({ content, type }, signal) => {
    const gateway = readObject(content, "gateway");
    const url = readString(gateway, "mediaUrl") ?? readString(readObject(gateway, "message"), "mediaUrl");
    if (url === undefined) return undefined;
    return openLink(outside, { url, maxRedirects: 3, limits, signal, maxBytes: fileKindOf(type).maxBytes });
  };
}

function createAskEvolution({ gateways, limits }: GatewayMediaDeps): Way {
  return async (origin, signal) => {
    const place = placeOf(origin);
    if (place === undefined || origin.providerMessageId === null) throw incomplete();
    const answer = await gateways.request({
      url: `${place.baseUrl}/chat/getBase64FromMediaMessage/${encodeURIComponent(place.instance)}`,
      method: "POST",
      headers: { apikey: place.key, "content-type": "application/json" },
      body: JSON.stringify({ message: { key: { id: origin.providerMessageId } } }),
      ...{ signal, timeoutMs: limits.timeoutMs, maxBytes: MAX_ANSWER_BYTES, maxRedirects: 0 },
    });
    if (answer.status !== 200 && answer.status !== 201) throw problemOfStatus(answer.status === 400 ? 404 : answer.status, GATEWAY);
    const bytes = base64In(answer.body.toString("latin1"), "base64");
    if (bytes === undefined) throw new MediaProblem("provider_error", "The gateway answered without a file.");
    return { body: ofBytes(bytes), bytes: bytes.length };
  };
}

function incomplete(): MediaProblem {
  return new MediaProblem(
    "channel_incomplete",
    "The channel has no address or no key of its gateway. The file is fetched once it has both.",
  );
}

/** WAHA names itself as its settings say, often http://localhost:3000: what is below its own paths is asked for at the channel's address. */
function wahaUrl(link: string, { baseUrl }: Place): { readonly url: string; readonly isOwn: boolean } {
  const url = URL.canParse(link, `${baseUrl}/`) ? new URL(link, `${baseUrl}/`) : undefined;
  if (url?.pathname.startsWith("/api/") === true) return { url: `${baseUrl}${url.pathname}${url.search}`, isOwn: true };
  return { url: url?.href ?? link, isOwn: url?.origin === new URL(baseUrl).origin };
}

async function openWahaLink(
  { gateways, outside, limits }: GatewayMediaDeps,
  link: string,
  { type, place, signal }: WahaAsk,
): Promise<OpenedFile> {
  const { url, isOwn } = wahaUrl(link, place);
  const asked = { url, limits, signal, maxBytes: fileKindOf(type).maxBytes };
  return isOwn
    ? openLink(gateways, { ...asked, headers: { "x-api-key": place.key }, maxRedirects: 0 })
    : openLink(outside, { ...asked, maxRedirects: 3 });
}

interface WahaAsk {
  readonly type: string;
  readonly place: Place;
  readonly signal: AbortSignal;
}

function createFromWahaLink(deps: GatewayMediaDeps): Way {
  return async (origin, signal) => {
    const link = readString(readObject(origin.content, origin.type), "link");
    if (link === undefined) return undefined;
    const place = placeOf(origin);
    if (place === undefined) throw incomplete();
    return openWahaLink(deps, link, { type: origin.type, place, signal });
  };
}

/** It downloads the file when it is asked for the message. */
function createAskWaha(deps: GatewayMediaDeps): Way {
  return async (origin, signal) => {
    const place = placeOf(origin);
    const gateway = readObject(origin.content, "gateway");
    const id = readString(gateway, "id");
    const chat = readWahaMessageId(id)?.chat ?? chatOf(gateway);
    if (place === undefined) throw incomplete();
    if (id === undefined || chat === undefined) return undefined;
    const path = `/api/${encodeURIComponent(place.instance)}/chats/${encodeURIComponent(chat)}/messages/${encodeURIComponent(id)}`;
    const answer = await deps.gateways.request({
      url: `${place.baseUrl}${path}?downloadMedia=true`,
      headers: { "x-api-key": place.key },
      ...{ signal, timeoutMs: deps.limits.timeoutMs, maxBytes: 1024 * 1024, maxRedirects: 0 },
    });
    if (answer.status !== 200) throw problemOfStatus(answer.status, GATEWAY);
    const link = readString(readObject(parseObject(answer.body.toString("utf8")), "media"), "url");
    if (link === undefined) throw new MediaProblem("not_found", "The gateway has not got the file, or not yet.");
    return openWahaLink(deps, link, { type: origin.type, place, signal });
  };
}

const chatOf = (gateway: JsonObject | undefined): string | undefined =>
  gateway?.["fromMe"] === true ? readString(gateway, "to") : readString(gateway, "from");
