// Owns: answering from the business's own texts, without any model, key or network. Where it finds nothing it says so and fetches a person.
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { renderMarkdown } from "../whatsapp/render-markdown.ts";
import type { Responder } from "./responder.ts";

const MAX_QUESTION_LENGTH = 1_000;

export function createKnowledgeResponder(deps: { readonly knowledge: KnowledgeBase }): Responder {
  return {
    name: "knowledge",
    wants: "burst",
    async respond(context) {
      const question = context.burst
        .map((message) => message.text ?? "")
        .join("\n")
        .trim()
        .slice(-MAX_QUESTION_LENGTH);
      if (question === "") return { outcome: "handoff", text: context.handoffText, reason: "nothing_readable" };
      const hits = await deps.knowledge.search({ businessId: context.businessId, text: question, language: context.language });
      const best = hits.find((hit) => hit.answers);
      if (best === undefined) return { outcome: "handoff", text: context.handoffText, reason: "nothing_found" };
      return { outcome: "reply", texts: [renderMarkdown(best.body)], work: { sources: [{ id: best.id, title: best.title }] } };
    },
  };
}
