// Owns: answering from the business's own texts, without any model, key or network. Where it finds nothing it says so and fetches a person.
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import type { KnowledgeHit } from "../knowledge/search-knowledge.ts";
import { renderMarkdown } from "../whatsapp/render-markdown.ts";
import { leftForPerson } from "../words/asks-for-reply.ts";
import { questionsOf } from "../words/questions-of.ts";
import type { ReplyContext, Responder, ResponderAnswer } from "../answers/responder.ts";

const MAX_QUESTION_LENGTH = 1_000;
const MOST_TEXTS = 3;
const COURTESIES = new Set(["greeting", "thanks", "answer", "chosen", "shared", "nothing", "stop"]);

interface QuestionAndHit {
  readonly question: string;
  readonly hit: KnowledgeHit | undefined;
}

export function createKnowledgeResponder(deps: { readonly knowledge: Pick<KnowledgeBase, "search"> }): Responder {
  async function find({ businessId, language }: ReplyContext, question: string): Promise<QuestionAndHit> {
    const text = question.slice(-MAX_QUESTION_LENGTH);
    const hits = await deps.knowledge.search({ businessId, text, language });
    return { question, hit: hits.find(({ answers }) => answers) };
  }

  const isFound = ({ hit }: QuestionAndHit): boolean => hit !== undefined;

  /** Several questions are each looked up; otherwise all the words together and, if that finds nothing, each message on its own. */
  async function findAll(context: ReplyContext, words: readonly string[]): Promise<readonly QuestionAndHit[]> {
    const asked = words.map(questionsOf);
    const guessed = asked.flatMap((one) => one.guessed).slice(-MOST_TEXTS);
    const questions = asked.flatMap(({ whole }) => whole).slice(-MOST_TEXTS);
    // One sentence is taken for several questions only when each of them has its answer.
    if (guessed.length > questions.length) {
      const each = await Promise.all(guessed.map((question) => find(context, question)));
      if (each.every(isFound)) return each;
    }
    if (questions.length > 1) {
      const each = await Promise.all(questions.map((question) => find(context, question)));
      if (each.some(isFound)) return each;
    }
    const together = await find(context, words.join("\n"));
    if (together.hit !== undefined || words.length === 1) return [together];
    const found = (await Promise.all(words.slice(-MOST_TEXTS).map((text) => find(context, text)))).filter(isFound);
    return found.length === 0 ? [together] : found;
  }

  return {
    name: "knowledge",
    wants: "burst",
    async respond(context) {
      const { burst, handoffText } = context;
      const asking = burst.filter(({ asks }) => asks === undefined || !COURTESIES.has(asks));
      const words = (asking.length > 0 ? asking : burst).flatMap((message) => {
        const said = (message.words === undefined ? message.text : message.words)?.trim() ?? "";
        return said === "" || message.asks === "order" ? [] : [said];
      });
      const fetchFor = (reason: string): ResponderAnswer => ({ outcome: "handoff", text: handoffText, reason });
      const answered = words.length === 0 ? [] : await findAll(context, words);
      const found = answered.flatMap(({ hit }) => hit ?? []);
      if (found.length > 0) return answerWith(answered, context);
      if (asking.length === 0) return { outcome: "nothing" };
      if (leftForPerson(burst) === "order") return fetchFor("order");
      return fetchFor(words.length === 0 ? "nothing_readable" : "nothing_found");
    },
  };
}

/** Each text once. What is left open is named, and a person is fetched for it. */
function answerWith(answered: readonly QuestionAndHit[], { handoffText, burst }: ReplyContext): ResponderAnswer {
  const hits = [...new Map(answered.flatMap(({ hit }) => (hit === undefined ? [] : [[`${hit.id} ${hit.body}`, hit] as const]))).values()];
  const text = hits.map(({ body }) => renderMarkdown(body)).join("\n\n");
  const work = { sources: hits.map(({ id, title }) => ({ id, title })) };
  const open = answered.filter(({ hit }) => hit === undefined).map(({ question }) => `> ${question}`);
  const left = leftForPerson(burst);
  if (open.length === 0 && left === undefined) return { outcome: "reply", texts: [text], work };
  const reason = left === "order" ? "order" : "partly_found";
  return { outcome: "handoff", text: [text, ...open, handoffText].join("\n\n"), reason, work };
}
