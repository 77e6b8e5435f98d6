// Owns: what is known besides the words of the thread: the customer's facts, earlier sessions, texts that may answer. All of it helps and none of it is
// needed: what does not come in time, or fails, is left out and the reply is written without it.
import type { CustomerFacts } from "../conversations/customer-facts.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createOptionalRead, type OptionalRead } from "./optional-read.ts";
import type { ContextKnowledge, Responder, SessionMemory } from "../answers/responder.ts";
import type { TurnInProgress } from "./load-turn.ts";

export interface Memory extends SessionMemory {
  readonly facts: Readonly<Record<string, string>>;
  readonly knowledge: readonly ContextKnowledge[];
}

/** One entry for each conversation of which something is known. */
type FindOfMany<T> = (businessId: BusinessId, conversationIds: readonly ConversationId[]) => Promise<ReadonlyMap<string, T>>;

export interface MemorySources {
  readonly findSessions: FindOfMany<SessionMemory>;
  readonly customerFacts: Pick<CustomerFacts, "find">;
  readonly searchKnowledge: (question: Omit<MemoryQuestion, "conversationId">) => Promise<readonly ContextKnowledge[]>;
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
const NO_MEMORY: Memory = { summarisedTo: null, earlier: [], facts: {}, knowledge: [] };

/** Replies of a business that begin at the same time are looked up together. */
function together<T>(find: FindOfMany<T>, otherwise: T): (businessId: BusinessId, conversationId: ConversationId) => Promise<T> {
  return createBusinessBatcher<ConversationId, T>({
    slots: 2,
    async run(businessId, ids) {
      const found = await find(businessId, ids);
      return ids.map((id) => found.get(id) ?? otherwise);
    },
  });
}

type Part = "sessions" | "facts" | "knowledge";

export function createGatherMemory(deps: MemorySources & { readonly failPoints: FailPoints; readonly log: Log }): GatherMemory {
  const { customerFacts, failPoints, log } = deps;
  const readerOf = (part: Part): OptionalRead => {
    const optionalRead = createOptionalRead({
      withinMs: WITHIN_MS,
      onFailure: (businessId, error) => {
        log.warn({ businessId, part, error }, "turn.memory-incomplete");
      },
    });
    return (businessId, read, otherwise) => {
      const reading = async (): ReturnType<typeof read> => {
        await failPoints.hit(`memory.${part}`);
        return read();
      };
      return optionalRead(businessId, reading, otherwise);
    };
  };
  const [readSessions, readFacts, readKnowledge] = [readerOf("sessions"), readerOf("facts"), readerOf("knowledge")];
  const sessionsOf = together<SessionMemory>(deps.findSessions, NO_MEMORY);
  const factsOf = together((businessId, ids) => customerFacts.find(businessId, ids), NO_MEMORY.facts);

  return async ({ businessId, conversationId, text, language }) => {
    const question = { businessId, text: text.trim().slice(-QUESTION_LENGTH), language };
    const [{ summarisedTo, earlier }, facts, knowledge] = await Promise.all([
      readSessions<SessionMemory>(businessId, () => sessionsOf(businessId, conversationId), NO_MEMORY),
      readFacts(businessId, () => factsOf(businessId, conversationId), NO_MEMORY.facts),
      question.text === "" ? [] : readKnowledge(businessId, () => deps.searchKnowledge(question), NO_MEMORY.knowledge),
    ]);
    return { summarisedTo, earlier, facts, knowledge };
  };
}

export function createGatherForTurn(gather: GatherMemory): (turn: TurnInProgress, responder: Responder) => Promise<Memory> {
  return async ({ lane, state, thread }, responder) => {
    if (responder.wants === "burst") return NO_MEMORY;
    // Only what the customer wrote is searched: our own labels ("Document: order.pdf") would find texts about them.
    const text = thread.burst
      .map((message) => message.words ?? "")
      .join("\n")
      .trim();
    return gather({ businessId: lane.businessId, conversationId: lane.conversationId, text, language: state.language });
  };
}
