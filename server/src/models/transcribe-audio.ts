// Owns: from a sound to the words that are said in it, by the model that a business has set. Every request goes through the guarded HTTP, and is made once:
// whoever asks tries again. Refuses to know: where the sound is from, and what becomes of the words.
import { createGoogle } from "@ai-sdk/google";
import { APICallError, transcribe, type TranscriptionModel } from "ai";
import { z } from "zod";
import { ResponderFault } from "../answers/responder.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { boundFetch } from "../outside/bound-fetch.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { TranscriptionSettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { explainModelError } from "./model-fault.ts";

export interface HeardAudio {
  /** Empty: no words were heard. */
  readonly text: string;
  /** Such as `en`; undefined: the model does not say. */
  readonly language: string | undefined;
  /** As the model says. */
  readonly seconds: number | undefined;
  /** As its provider calls it. */
  readonly model: string;
}

export interface AudioToTranscribe {
  readonly businessId: BusinessId;
  readonly settings: TranscriptionSettings;
  /** A whole file; what it is goes by its first bytes. */
  readonly audio: Uint8Array;
}

/** Throws a `ResponderFault`, or the reason of `signal`. */
export type TranscribeAudio = (question: AudioToTranscribe, signal: AbortSignal) => Promise<HeardAudio>;

type Model = Extract<TranscriptionModel, { readonly specificationVersion: "v4" }>;
type Call = Parameters<Model["doGenerate"]>[0];

/** A whole answer; an hour of speech has some 60,000 letters. */
const MAX_ANSWER_BYTES = 4_000_000;
const GOOGLE = "https://generativelanguage.googleapis.com/v1beta";

/** Some servers go by the name of the file. */
const ENDINGS: Readonly<Record<string, string>> = {
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/aac": "aac",
  "audio/webm": "webm",
  "audio/flac": "flac",
};

const openAiAnswer = z.object({ text: z.string(), language: z.string().nullish(), duration: z.number().nullish() });

interface Server {
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof fetch;
}

/** As a form. The guarded fetch takes bytes, and no form of the standard's own class. */
async function formOf(
  { audio, mediaType }: Call,
  model: string,
): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly type: string }> {
  const form = new FormData();
  const bytes = typeof audio === "string" ? Buffer.from(audio, "base64") : new Uint8Array(audio);
  form.append("model", model);
  form.append("response_format", "json");
  form.append("file", new Blob([bytes], { type: mediaType }), `audio.${ENDINGS[mediaType] ?? "wav"}`);
  const written = new Response(form);
  return { type: written.headers.get("content-type") ?? "", body: new Uint8Array(await written.arrayBuffer()) };
}

async function askOpenAi({ url, model, apiKey, fetch }: Server, call: Call): Promise<Awaited<ReturnType<Model["doGenerate"]>>> {
  const { body, type } = await formOf(call, model);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": type, accept: "application/json", ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
    body,
    ...(call.abortSignal === undefined ? {} : { signal: call.abortSignal }),
  });
  const written = await response.text();
  const headers = Object.fromEntries(response.headers);
  if (!response.ok) {
    const { status: statusCode } = response;
    throw new APICallError({ message: "refused", url, requestBodyValues: {}, statusCode, responseHeaders: headers, responseBody: written });
  }
  const { text, language, duration } = openAiAnswer.parse(JSON.parse(written));
  return {
    text,
    segments: [],
    language: language ?? undefined,
    durationInSeconds: duration ?? undefined,
    warnings: [],
    response: { timestamp: new Date(), modelId: model, headers },
  };
}

/** The library's provider of this name has no model that hears. */
function openAiModel(server: Server): Model {
  const { model } = server;
  return { specificationVersion: "v4", provider: "openai-compatible", modelId: model, doGenerate: (call) => askOpenAi(server, call) };
}

/** ISO 639, or nothing: some say `english`. */
const codeOf = (language: string | undefined): string | undefined =>
  language !== undefined && /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(language) ? language : undefined;

/** A whole day is no voice note: then the model does not know. */
const plausible = (seconds: number | undefined): number | undefined =>
  seconds !== undefined && seconds >= 0 && seconds < 86_400 ? seconds : undefined;

export function createTranscribeAudio(deps: {
  readonly settings: Pick<ReplySettingsStore, "findSecret">;
  readonly outside: Pick<OutsideHttp, "fetch">;
}): TranscribeAudio {
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  const fetch = boundFetch(deps.outside.fetch, MAX_ANSWER_BYTES);

  function modelOf({ provider, model, apiKeySecret, baseUrl }: TranscriptionSettings, apiKey: string | undefined): Model {
    if (provider === "google") {
      if (apiKey === undefined)
        throw new ResponderFault(`The model ${model} needs a key: store it as the secret ${apiKeySecret}.`, { isFinal: true });
      return createGoogle({ baseURL: baseUrl ?? GOOGLE, fetch, apiKey }).transcription(model);
    }
    if (baseUrl === undefined) throw new ResponderFault(`The model ${model} has no address. Set transcription.baseUrl.`, { isFinal: true });
    return openAiModel({ url: `${baseUrl.replace(/\/+$/, "")}/audio/transcriptions`, model, apiKey, fetch });
  }

  return async ({ businessId, settings, audio }, abortSignal) => {
    const model = modelOf(settings, await deps.settings.findSecret(businessId, settings.apiKeySecret));
    try {
      const heard = await transcribe({ model, audio, maxRetries: 0, abortSignal });
      return {
        text: heard.text.trim(),
        language: codeOf(heard.language),
        seconds: plausible(heard.durationInSeconds),
        model: heard.responses[0]?.modelId ?? settings.model,
      };
    } catch (error) {
      abortSignal.throwIfAborted();
      throw explainModelError(error, new URL(settings.baseUrl ?? GOOGLE).host);
    }
  };
}
