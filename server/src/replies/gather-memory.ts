// Owns: what is known beside the words of the thread: the customer's facts, earlier sessions, texts that may answer. All of it helps and none of it is
// needed: what does not come in time, or fails, is left out and the reply is written without it.
import type { FailPoints } from "../kernel/fail-points.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createOptionalRead } from "./optional-read.ts";
import type { ContextKnowledge, SessionMemory } from "../answers/responder.ts";

export interface Memory extends SessionMemory {
  readonly facts: Readonly<Record<string, string>>;
  readonly knowledge: readonly ContextKnowledge[];
}

export interface MemorySources {
  readonly sessions: (businessId: BusinessId, conversationId: ConversationId) => Promise<SessionMemory>;
  readonly facts: (businessId: BusinessId, conversationId: ConversationId) => Promise<Readonly<Record<string, string>>>;
  readonly knowledge: (question: {
    readonly businessId: BusinessId;
    readonly text: string;
    readonly language: string;
  }) => Promise<readonly ContextKnowledge[]>;
}

export interface MemoryQuestion {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  readonly text: string;
  readonly language: string;
}

export type GatherMemory = (question: MemoryQuestion) => Promise<Memory>;

/** Long enough for a busy machine and an embedding model: a model that lacks what the business knows makes a worse answer than one that comes later. */
const WITHIN_MS = 2_000;
const QUESTION_LENGTH = 1_000;
export const NO_MEMORY: Memory = { summarisedTo: null, earlier: [], facts: {}, knowledge: [] };

type Part = "sessions" | "facts" | "knowledge";

export function createGatherMemory(deps: MemorySources & { readonly failPoints: FailPoints; readonly log: Log }): GatherMemory {
  const { failPoints, log } = deps;
  const readerOf = (part: Part) => {
    const onFailure = (businessId: BusinessId, error: string): void => {
      log.warn({ businessId, part, error }, "turn.memory-incomplete");
    };
    const optionalRead = createOptionalRead({ withinMs: WITHIN_MS, onFailure });
    return <T>(businessId: BusinessId, read: () => Promise<T>, otherwise: T): Promise<T> => {
      const reading = async (): Promise<T> => {
        await failPoints.hit(`memory.${part}`);
        return read();
      };
      return optionalRead({ businessId, read: reading, otherwise });
    };
  };
  const sessionsOf = readerOf("sessions");
  const factsOf = readerOf("facts");
  const knowledgeOf = readerOf("knowledge");

  return async ({ businessId, conversationId, text, language }) => {
    const question = text.trim().slice(-QUESTION_LENGTH);
    const [sessions, facts, knowledge] = await Promise.all([
      sessionsOf<SessionMemory>(businessId, () => deps.sessions(businessId, conversationId), NO_MEMORY),
      factsOf(businessId, () => deps.facts(businessId, conversationId), NO_MEMORY.facts),
      question === "" ? [] : knowledgeOf(businessId, () => deps.knowledge({ businessId, text: question, language }), NO_MEMORY.knowledge),
    ]);
    return { summarisedTo: sessions.summarisedTo, earlier: sessions.earlier, facts, knowledge };
  };
}
