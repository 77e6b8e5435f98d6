// Owns: from texts to vectors, by the provider that a business has set. Every request goes through the guarded HTTP. Refuses to know: what is compared.
import { z } from "zod";
import type { BusinessId } from "../kernel/ids.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";

type EmbeddingSettings = NonNullable<ReplySettings["embedding"]>;

export interface Embedder {
  /** Vectors with different names are never compared. */
  readonly name: string;
  readonly dimensions: number;
  /** One vector per text. Throws an `EmbeddingError` with a sentence for the operator. */
  embed(
    texts: readonly string[],
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly (readonly number[])[]>;
}

/** Undefined: this business searches by words only. */
export type FindEmbedder = (businessId: BusinessId) => Promise<Embedder | undefined>;

export class EmbeddingError extends Error {
  /** True: trying again cannot work before somebody changes a setting. */
  readonly isFinal: boolean;

  constructor(message: string, options: { readonly isFinal: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EmbeddingError";
    this.isFinal = options.isFinal;
  }
}

const MAX_BYTES = 32_000_000;
const GOOGLE = "https://generativelanguage.googleapis.com/v1beta";
const openAiAnswer = z.object({ data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })) });
const googleAnswer = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })) });

interface EmbeddingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly read: (answer: unknown) => readonly (readonly number[])[];
}

interface Server {
  readonly baseUrl: string;
  readonly key: string | undefined;
}

function askOpenAi({ model, dimensions }: EmbeddingSettings, { baseUrl, key }: Server, input: readonly string[]): EmbeddingRequest {
  return {
    url: `${baseUrl.replace(/\/+$/, "")}/embeddings`,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    body: { model, input, dimensions },
    read: (answer) =>
      openAiAnswer
        .parse(answer)
        .data.toSorted((a, b) => a.index - b.index)
        .map(({ embedding }) => embedding),
  };
}

function askGoogle({ model, dimensions }: EmbeddingSettings, { baseUrl, key }: Server, texts: readonly string[]): EmbeddingRequest {
  const name = `models/${model}`;
  return {
    url: `${baseUrl.replace(/\/+$/, "")}/${name}:batchEmbedContents`,
    headers: key === undefined ? {} : { "x-goog-api-key": key },
    body: { requests: texts.map((text) => ({ model: name, content: { parts: [{ text }] }, outputDimensionality: dimensions })) },
    read: (answer) => googleAnswer.parse(answer).embeddings.map(({ values }) => values),
  };
}

function readAnswer(
  body: Buffer,
  read: EmbeddingRequest["read"],
  wanted: EmbeddingSettings & { readonly count: number },
): readonly (readonly number[])[] {
  let vectors: readonly (readonly number[])[];
  try {
    vectors = read(JSON.parse(body.toString("utf8")));
  } catch (cause) {
    throw new EmbeddingError(`The embedding model ${wanted.model} gave an answer that could not be read.`, {
      isFinal: false,
      cause,
    });
  }
  const lengths = new Set(vectors.map(({ length }) => length));
  if (vectors.length !== wanted.count)
    throw new EmbeddingError(`The embedding model ${wanted.model} left texts out of its answer.`, { isFinal: false });
  if (lengths.size > 1 || !lengths.has(wanted.dimensions)) {
    const given = [...lengths].join(", ");
    throw new EmbeddingError(
      `The embedding model ${wanted.model} gives ${given} dimensions, and the settings say ${String(wanted.dimensions)}. Change embedding.dimensions.`,
      { isFinal: true },
    );
  }
  return vectors;
}

export function createFindEmbedder(deps: {
  readonly settings: Pick<ReplySettingsStore, "find" | "findSecret">;
  readonly outside: Pick<OutsideHttp, "request">;
}): FindEmbedder {
  return async (businessId) => {
    const { embedding: settings } = await deps.settings.find(businessId);
    if (settings === null) return undefined;
    const { provider, model, dimensions } = settings;
    return {
      name: `${provider}/${model}/${String(dimensions)}`,
      dimensions,
      async embed(texts, { timeoutMs, signal }) {
        const baseUrl = settings.baseUrl ?? (provider === "google" ? GOOGLE : undefined);
        if (baseUrl === undefined)
          throw new EmbeddingError(`The embedding model ${model} has no address. Set embedding.baseUrl.`, { isFinal: true });
        const key = await deps.settings.findSecret(businessId, settings.apiKeySecret);
        const request = (provider === "google" ? askGoogle : askOpenAi)(settings, { baseUrl, key }, texts);
        const answer = await deps.outside.request({
          url: request.url,
          method: "POST",
          headers: { "content-type": "application/json", ...request.headers },
          body: JSON.stringify(request.body),
          timeoutMs,
          maxBytes: MAX_BYTES,
          ...(signal === undefined ? {} : { signal }),
        });
        if (answer.status !== 200) {
          const isFinal = answer.status < 500 && answer.status !== 429 && answer.status !== 408;
          throw new EmbeddingError(`${new URL(request.url).host} answered ${String(answer.status)} to the request for embeddings.`, {
            isFinal,
          });
        }
        return readAnswer(answer.body, request.read, { ...settings, count: texts.length });
      },
    };
  };
}
