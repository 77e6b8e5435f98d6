// Owns: loading the libraries of models when the first business asks for one. They are half of all code, and most processes start without needing them.
import type { TranscribeAudio } from "../models/transcribe-audio.ts";
import type { LanguageModels } from "../models/language-models.ts";
import type { ModelResponderDeps } from "../responders/model-responder.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { Responder } from "../answers/responder.ts";
import type { Summarizer } from "../sessions/summarizer.ts";

export interface LazyModels {
  readonly responder: (deps: Omit<ModelResponderDeps, "models">) => Responder;
  readonly summarizer: Summarizer;
  readonly transcribeAudio: TranscribeAudio;
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => (loading ??= load());
}

export function createLazyModels(deps: { readonly settings: ReplySettingsStore; readonly outside: OutsideHttp }): LazyModels {
  const modelsOf = once(async (): Promise<LanguageModels> => (await import("../models/language-models.ts")).createLanguageModels(deps));
  const summarizerOf = once(async () => {
    const { createModelSummarizer } = await import("../models/model-summarizer.ts");
    return createModelSummarizer({ models: await modelsOf() });
  });
  const transcribeOf = once(async () => (await import("../models/transcribe-audio.ts")).createTranscribeAudio(deps));
  return {
    transcribeAudio: async (question, signal) => (await transcribeOf())(question, signal),
    responder(more) {
      const responderOf = once(async () => {
        const { createModelResponder } = await import("../responders/model-responder.ts");
        return createModelResponder({ ...more, models: await modelsOf() });
      });
      return { name: "model", wants: "memory", respond: async (context, signal) => (await responderOf()).respond(context, signal) };
    },
    summarizer: async (session, signal) => (await summarizerOf())(session, signal),
  };
}
