// Owns: from a business's setting to a model that can be asked: provider, address, key. Every request goes through the guarded HTTP, and is
// made once: the turn engine tries again. Refuses to know: what is asked.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { LRUCache } from "lru-cache";
import type { BusinessId } from "../kernel/ids.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { ModelSettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { ResponderFault } from "../answers/responder.ts";

/** What all three providers make. */
type LanguageModel = ReturnType<ReturnType<typeof createAnthropic>>;

export interface OpenModel {
  readonly model: LanguageModel;
  readonly settings: ModelSettings;
  /** For sentences to the operator. */
  readonly host: string;
}

export interface LanguageModels {
  /** Throws a final `ResponderFault` when the setting cannot work: an address or a key is missing. */
  open(businessId: BusinessId, settings: ModelSettings): Promise<OpenModel>;
}

// Named here, although the libraries know them: without an address or a key they would look into our own environment.
const ADDRESSES = {
  anthropic: "https://api.anthropic.com/v1",
  google: "https://generativelanguage.googleapis.com/v1beta",
  "openai-compatible": undefined,
} as const;

/** A whole answer, stream or error; hundreds of times what a reply may have. */
const MAX_ANSWER_BYTES = 4_000_000;
/** Nobody sees the words of an answer one by one: those that come within this time go through the library together. */
export const GATHER_MS = 250;

function addressOf({ provider, baseUrl, model }: ModelSettings): string {
  const address = baseUrl ?? ADDRESSES[provider];
  if (address !== undefined) return address;
  throw new ResponderFault(`The model ${model} has no address. Set its baseUrl, such as http://127.0.0.1:11434/v1.`, { isFinal: true });
}

export function createLanguageModels(deps: {
  readonly settings: Pick<ReplySettingsStore, "findSecret">;
  readonly outside: Pick<OutsideHttp, "streamFetch">;
}): LanguageModels {
  // The library would write hints about settings that a provider does not know to the terminal, for every reply.
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  const fetch = deps.outside.streamFetch({ maxBytes: MAX_ANSWER_BYTES, gatherMs: GATHER_MS });

  // The libraries compile the schemas of a provider's answers with each model that they make: 1 ms of each reply (2026-11-25).
  const models = new LRUCache<string, LanguageModel>({ max: 500 });

  function build(settings: ModelSettings, baseURL: string, apiKey: string | undefined): LanguageModel {
    const { provider, model } = settings;
    if (provider === "openai-compatible")
      return createOpenAICompatible({ name: provider, baseURL, fetch, includeUsage: true, ...(apiKey === undefined ? {} : { apiKey }) })(
        model,
      );
    if (apiKey === undefined)
      throw new ResponderFault(`The model ${model} needs a key: store it as the secret ${settings.apiKeySecret}.`, { isFinal: true });
    return provider === "anthropic" ? createAnthropic({ baseURL, fetch, apiKey })(model) : createGoogle({ baseURL, fetch, apiKey })(model);
  }

  return {
    async open(businessId, settings) {
      const address = addressOf(settings);
      const apiKey = await deps.settings.findSecret(businessId, settings.apiKeySecret);
      const key = JSON.stringify([settings.provider, settings.model, address, apiKey]);
      const model = models.get(key) ?? build(settings, address, apiKey);
      models.set(key, model);
      return { model, settings, host: new URL(address).host };
    },
  };
}
