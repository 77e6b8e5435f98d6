// Owns: what a message says of where its file is, and the form in which a file is opened. Refuses to know: any one provider.
import type { JsonObject } from "../kernel/json.ts";
import type { Provider } from "../whatsapp/providers.ts";
import { OutsideError } from "../outside/outside-error.ts";
import { MediaProblem } from "./media-problem.ts";

export interface MediaOrigin {
  readonly provider: Provider;
  /** What the provider calls the channel. */
  readonly channelKey: string;
  readonly accessToken: string | null;
  /** Of the channel: `{baseUrl, instance}` of a gateway. */
  readonly settings: JsonObject | null;
  readonly type: string;
  readonly content: JsonObject;
  readonly providerMessageId: string | null;
  /** From 1. */
  readonly attempt: number;
  /** The raw body of the webhook that brought it; gateways may have put the file into it. */
  readonly readBody: () => Promise<string | undefined>;
}

export interface OpenedFile {
  /** Read to its end, or ended early: both close what is behind it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** What was said of it. `sha256`: hexadecimal. */
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly mimeType?: string | undefined;
}

/** Throws a MediaProblem. */
export type OpenMedia = (origin: MediaOrigin, signal: AbortSignal) => Promise<OpenedFile>;

/** In time: for all of it, and without a byte. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly idleMs: number;
}

/** WhatsApp writes base64; a documented sample of its history has hexadecimal digits (platform sheet, section 7). */
export function readSha256(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, "base64").toString("hex") : undefined;
}

/** What HTTP says when it is no file. */
export function problemOfStatus(status: number, who: string): MediaProblem {
  if (status === 401 || status === 403)
    return new MediaProblem(
      "unauthorized",
      `${who} does not accept the access token of this channel. The file is fetched again once there is a new one.`,
    );
  if (status === 404 || status === 410) return new MediaProblem("not_found", `${who} does not have the file, or not yet.`);
  if (status === 429) return new MediaProblem("throttled", `${who} asks us to wait.`);
  if (status >= 300 && status <= 399) return new MediaProblem("redirected", `${who} leads on to another address, which was not followed.`);
  return new MediaProblem("provider_error", `${who} answered HTTP ${String(status)}.`);
}

/** What stands in the way before there is an answer, or within it. */
export function mediaProblemOf(error: unknown): MediaProblem {
  if (error instanceof MediaProblem) return error;
  if (error instanceof OutsideError) {
    if (error.code === "not_allowed" || error.code === "invalid_url") return new MediaProblem("host_not_allowed", error.message, error);
    if (error.code === "too_large") return new MediaProblem("too_large", error.message, error);
    if (error.code === "too_many_redirects") return new MediaProblem("redirected", error.message, error);
    return new MediaProblem("unreachable", error.message, error);
  }
  return new MediaProblem("provider_error", "The file could not be fetched for a reason that is in the log.", error);
}
