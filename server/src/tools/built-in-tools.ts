// Owns: the tools that every model has: fetching a person, searching the business's texts, noting what a customer said about themselves.
// Refuses to know: how calls are recorded. Business, conversation and customer are given, never asked for.
import type { CustomerFacts } from "../conversations/customer-facts.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { isObject } from "../kernel/read-json.ts";
import type { CallableTool, CallOutcome } from "./callable-tool.ts";
import { compileArguments } from "./check-arguments.ts";
import { trimJson } from "./trim-result.ts";

export interface BuiltInOptions {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  readonly language: string;
  readonly settings: ReplySettings["tools"];
  readonly knowledge: Pick<KnowledgeBase, "search">;
  readonly facts: CustomerFacts;
}

export const HANDOFF_TOOL = "handoff";

const MAX_TEXTS = 5;
const MAX_TEXT_LENGTH = 1_500;
const MAX_RESULT_LENGTH = 8_000;

interface BuiltInTool {
  readonly name: "handoff" | "search_knowledge" | "update_customer";
  readonly description: string;
  readonly parameters: JsonObject;
}

const BUILT_IN: readonly BuiltInTool[] = [
  {
    name: "handoff",
    description: "Fetches a person, who answers instead of you. Call it when the customer asks for a person, or when you cannot help.",
    parameters: {
      type: "object",
      properties: { reason: { type: "string", minLength: 1, maxLength: 300, description: "Why, for the person who takes over." } },
      required: ["reason"],
      additionalProperties: false,
    },
  },
  {
    name: "search_knowledge",
    description: "Searches the business's own texts. Call it before you answer a question about the business.",
    parameters: {
      type: "object",
      properties: {
        query: { type: "string", minLength: 1, maxLength: 500, description: "What to look for, in the words of the question." },
      },
      required: ["query"],
      additionalProperties: false,
    },
  },
  {
    name: "update_customer",
    description: "Notes what the customer said about themselves and what is worth knowing next time. Only what they said; never a guess.",
    parameters: {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 120, description: "What they want to be called." },
        facts: {
          type: "object",
          description: 'Short facts by name, such as {"allergy": "penicillin"}; an empty text removes one.',
          additionalProperties: { type: "string", maxLength: 300 },
        },
      },
      additionalProperties: false,
    },
  },
];

export function createBuiltInTools(options: BuiltInOptions): readonly CallableTool[] {
  const run = { handoff: fetchPerson, search_knowledge: searchKnowledge, update_customer: updateCustomer };
  return BUILT_IN.filter(({ name }) => !options.settings.withhold.includes(name)).map((tool) => ({
    ...tool,
    // All three may be made twice: a search changes nothing, and the others have the same effect each time.
    isRepeatable: true,
    needsApproval: false,
    check: compileArguments(tool.parameters),
    run: (args) => run[tool.name](options, args),
  }));
}

async function fetchPerson(_options: BuiltInOptions, { reason }: JsonObject): Promise<CallOutcome> {
  return { outcome: "done", result: { reason: textOf(reason) } };
}

async function searchKnowledge({ businessId, language, knowledge }: BuiltInOptions, { query }: JsonObject): Promise<CallOutcome> {
  const hits = await knowledge.search({ businessId, text: textOf(query), language });
  const texts = hits.slice(0, MAX_TEXTS).map(({ id, title, body }) => ({ id, title, body: body.slice(0, MAX_TEXT_LENGTH).toWellFormed() }));
  return { outcome: "done", result: trimJson({ texts }, MAX_RESULT_LENGTH) };
}

async function updateCustomer({ businessId, conversationId, facts }: BuiltInOptions, args: JsonObject): Promise<CallOutcome> {
  const given = isObject(args["facts"]) ? Object.entries(args["facts"]) : [];
  const named = args["name"] === undefined ? [] : [["name", args["name"]] as const];
  const patch = Object.fromEntries([...given, ...named].map(([name, value]) => [name, textOf(value) === "" ? null : textOf(value)]));
  if (Object.keys(patch).length === 0) return { outcome: "failed", error: "There is nothing to note.", result: { noted: 0 } };
  const changed = await facts.change({ businessId, conversationId, patch, by: "ai" });
  if (changed.outcome === "changed") return { outcome: "done", result: { noted: Object.keys(patch).length } };
  return { outcome: "failed", error: changed.outcome === "refused" ? changed.problem : "There is no such customer.", result: { noted: 0 } };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
