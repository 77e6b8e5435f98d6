// Owns: opening a file of the Cloud API: its address by its id, anew for each attempt, then its bytes. The access token goes to the Graph API and to the hosts of
// its files, and nowhere else. Refuses to know: what is done with the bytes, and when it is tried again.
// Facts (platform sheet, section 7): an address lives 5 minutes, an id of a webhook 7 days; both need the token.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, parseObject, readArray, readInteger, readObject, readScalar, readString } from "../kernel/read-json.ts";
import type { OutsideHttp, OutsideStream } from "../outside/outside-http.ts";
import { fileKindOf } from "./media-kinds.ts";
import { type FetchLimits, type MediaOrigin, type OpenedFile, type OpenMedia, problemOfStatus, readSha256 } from "./media-origin.ts";
import { MediaProblem } from "./media-problem.ts";
import { tooLarge } from "./spool-file.ts";

export interface CloudMediaDeps {
  readonly outside: Pick<OutsideHttp, "request" | "stream">;
  /** Such as https://graph.facebook.com, without the version. */
  readonly graphUrl: string;
  readonly graphVersion: string;
  /** Besides the Graph API's own: by https, on its usual port. */
  readonly mediaHosts: readonly string[];
  readonly limits: FetchLimits;
}

const WHATSAPP = "WhatsApp";
const MEDIA_ID = /^[\w-]{1,128}$/;
const ANSWER_BYTES = 64 * 1024;
/** Of an address: it may have ended between the answer that named it and the request for it. */
const TRIES = 2;

interface Resolved {
  readonly url: string;
  readonly mimeType: string | undefined;
  readonly sha256: string | undefined;
  readonly bytes: number | undefined;
}

export function createOpenCloudMedia(deps: CloudMediaDeps): OpenMedia {
  const { outside, limits } = deps;
  const graphBase = deps.graphUrl.replace(/\/+$/, "");
  const graphOrigin = new URL(graphBase).origin;

  async function resolve(origin: MediaOrigin, id: string, { token, signal }: Asking): Promise<Resolved> {
    const url = `${graphBase}/${deps.graphVersion}/${id}?phone_number_id=${encodeURIComponent(origin.channelKey)}`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await outside.request({ url, headers, signal, timeoutMs: limits.idleMs, maxBytes: ANSWER_BYTES, maxRedirects: 0 });
    const body = parseObject(answer.body.toString("utf8"));
    const error = readObject(body, "error");
    if (answer.status !== 200 || error !== undefined) throw problemOfGraph(answer.status, error);
    const file = readString(body, "url");
    if (file === undefined) throw new MediaProblem("provider_error", "WhatsApp did not say where the file is.");
    return {
      url: file,
      mimeType: readString(body, "mime_type"),
      sha256: readSha256(readString(body, "sha256")),
      bytes: readInteger(body, "file_size"),
    };
  }

  function requireTrusted(address: string): void {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const isOfGraph = url?.origin === graphOrigin;
    const isOfFiles = url?.protocol === "https:" && url.port === "" && deps.mediaHosts.includes(url.hostname);
    if (!isOfGraph && !isOfFiles)
      throw new MediaProblem(
        "host_not_allowed",
        `WhatsApp says that the file is at ${url?.host ?? "an address that is none"}, and the access token is not sent there. The operator can allow it with ONETHREAD_MEDIA_HOSTS.`,
      );
  }

  async function download(origin: MediaOrigin, id: string, asking: Asking): Promise<OpenedFile> {
    const { maxBytes } = fileKindOf(origin.type);
    for (let tries = 1; ; tries += 1) {
      const { url, ...said } = await resolve(origin, id, asking);
      requireTrusted(url);
      if (said.bytes !== undefined && said.bytes > maxBytes) throw tooLarge(maxBytes);
      const headers = { authorization: `Bearer ${asking.token}`, "accept-encoding": "identity" };
      const answer: OutsideStream = await outside.stream({ ...limits, url, headers, maxBytes, maxRedirects: 0, signal: asking.signal });
      if (answer.status === 200) return { ...said, body: answer.body };
      answer.discard();
      if (answer.status !== 404 || tries === TRIES) throw problemOfStatus(answer.status, WHATSAPP);
    }
  }

  return async (origin, signal) => {
    const node = readObject(origin.content, origin.type);
    const id = readScalar(node, "id");
    const reported = reportedProblem(origin.content);
    if (id === undefined || !MEDIA_ID.test(id))
      throw reported ?? new MediaProblem("not_provided", "The message does not say which file it has.");
    const { accessToken: token } = origin;
    if (token === null)
      throw new MediaProblem("channel_incomplete", "The channel has no access token. The file is fetched once it has one.");
    const file = await download(origin, id, { token, signal });
    return {
      ...file,
      // Two say it; what came with the message is older, and no less true: of other bytes it would be another file.
      sha256: file.sha256 ?? readSha256(readString(node, "sha256")),
      mimeType: file.mimeType ?? readString(node, "mime_type"),
    };
  };
}

interface Asking {
  readonly token: string;
  readonly signal: AbortSignal;
}

/** What came with the message instead of a file. */
function reportedProblem(content: JsonObject): MediaProblem | undefined {
  const codes = (readArray(content, "errors") ?? []).filter(isObject).map((error) => readInteger(error, "code"));
  return codes.includes(131_052)
    ? new MediaProblem("131052", "WhatsApp could not take the file from the customer. Ask them to send it again.")
    : undefined;
}

const THROTTLED: ReadonlySet<number> = new Set([4, 80_007, 130_429]);
const NO_SUCH_OBJECT = 33;

function problemOfGraph(status: number, error: JsonObject | undefined): MediaProblem {
  const code = readInteger(error, "code");
  if (code === 190 || code === 10 || (code !== undefined && code >= 200 && code <= 299)) return problemOfStatus(401, WHATSAPP);
  if (code !== undefined && THROTTLED.has(code)) return problemOfStatus(429, WHATSAPP);
  // An id that has ended, one of another number, and one that the token may not read look the same (platform sheet: unverified).
  if (code === NO_SUCH_OBJECT || (code === 100 && readInteger(error, "error_subcode") === NO_SUCH_OBJECT))
    return problemOfStatus(404, WHATSAPP);
  if (code !== undefined && status < 500)
    return new MediaProblem("provider_error", `WhatsApp refuses to hand out the file (code ${String(code)}).`);
  return problemOfStatus(status, WHATSAPP);
}
