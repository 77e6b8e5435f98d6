// Owns: what is known besides the words of the thread: the customer's facts, earlier sessions, texts that may answer. All of it helps and none of it is
// needed: what does not come in time, or fails, is left out and the reply is written without it.
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { Log } from "../kernel/log.ts";
import { createOptionalRead, type OptionalRead } from "./optional-read.ts";
import type { ContextKnowledge, CustomerMemory, SessionMemory } from "../answers/responder.ts";

export interface Memory extends SessionMemory {
  readonly facts: Readonly<Record<string, string>>;
  readonly knowledge: readonly ContextKnowledge[];
}

interface MemoryQuestion {
  readonly text: string;
  readonly language: string;
}

export interface MemorySources {
  /** One entry for each conversation of which something is known. */
  readonly findMemory: (businessId: BusinessId, conversationIds: readonly ConversationId[]) => Promise<ReadonlyMap<string, CustomerMemory>>;
  readonly searchKnowledge: (question: MemoryQuestion & Pick<ClaimedLane, "businessId">) => Promise<readonly ContextKnowledge[]>;
}

/** Begins to read what is known of the customer, while their turn is still being loaded; what they asked is said when it is known. */
export type GatherMemory = (lane: Pick<ClaimedLane, "businessId" | "conversationId">) => (question: MemoryQuestion) => Promise<Memory>;

/** Long enough for a busy machine and an embedding model: a model that lacks what the business knows makes a worse answer than one that comes later. */
const WITHIN_MS = 2_000;
const QUESTION_LENGTH = 1_000;
const NOTHING_KNOWN: CustomerMemory = { summarisedTo: null, earlier: [] };
export const NO_MEMORY: Memory = { ...NOTHING_KNOWN, facts: {}, knowledge: [] };

type Part = "customer" | "knowledge";

export function createGatherMemory(deps: MemorySources & { readonly failPoints: FailPoints; readonly log: Log }): GatherMemory {
  const { failPoints, log } = deps;
  const readerOf = (part: Part): OptionalRead =>
    createOptionalRead({
      withinMs: WITHIN_MS,
      onFailure: (businessId, error) => {
        log.warn({ businessId, part, error }, "turn.memory-incomplete");
      },
    });
  const [readCustomer, readKnowledge] = [readerOf("customer"), readerOf("knowledge")];
  // Replies of a business that begin at the same time are looked up together.
  const findMemory = createBusinessBatcher<ConversationId, CustomerMemory>({
    slots: 2,
    async run(businessId, ids) {
      const found = await deps.findMemory(businessId, ids);
      return ids.map((id) => found.get(id) ?? NOTHING_KNOWN);
    },
  });

  async function remember({ businessId, conversationId }: Parameters<GatherMemory>[0]): Promise<CustomerMemory> {
    await failPoints.hit("memory.customer");
    return findMemory(businessId, conversationId);
  }

  async function search(question: Parameters<MemorySources["searchKnowledge"]>[0]): Promise<readonly ContextKnowledge[]> {
    await failPoints.hit("memory.knowledge");
    return deps.searchKnowledge(question);
  }

  return (lane) => {
    const { businessId } = lane;
    const remembering = readCustomer(businessId, () => remember(lane), NOTHING_KNOWN);
    return async ({ text, language }) => {
      const question = { businessId, text: text.trim().slice(-QUESTION_LENGTH), language };
      const searching = question.text === "" ? [] : readKnowledge(businessId, () => search(question), NO_MEMORY.knowledge);
      const [{ facts = NO_MEMORY.facts, ...sessions }, knowledge] = await Promise.all([remembering, searching]);
      return { ...sessions, facts, knowledge };
    };
  };
}
