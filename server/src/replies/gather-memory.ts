// Owns: what is known beside the words of the thread: the customer's facts, earlier sessions, texts that may answer. All of it helps and none of it is
// needed: what does not come in time, or fails, is left out and the reply is written without it.
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import type { ContextKnowledge, ContextSession } from "./responder.ts";

export interface SessionMemory {
  readonly openFromSeq: number | null;
  readonly earlier: readonly ContextSession[];
}

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

const EACH_WITHIN_MS = 800;
const QUESTION_LENGTH = 1_000;
export const NO_MEMORY: Memory = { openFromSeq: null, earlier: [], facts: {}, knowledge: [] };

export function createGatherMemory(deps: MemorySources & { readonly failPoints: FailPoints; readonly log: Log }): GatherMemory {
  return async ({ businessId, conversationId, text, language }) => {
    async function part<T>(name: "sessions" | "facts" | "knowledge", read: () => Promise<T>, otherwise: T): Promise<T> {
      const reading = async (): Promise<T> => {
        await deps.failPoints.hit(`memory.${name}`);
        return read();
      };
      try {
        return await withTimeout(reading(), EACH_WITHIN_MS);
      } catch (error) {
        deps.log.warn({ conversationId, part: name, error: messageOf(error) }, "turn.memory-incomplete");
        return otherwise;
      }
    }
    const question = text.trim().slice(-QUESTION_LENGTH);
    const [sessions, facts, knowledge] = await Promise.all([
      part<SessionMemory>("sessions", () => deps.sessions(businessId, conversationId), NO_MEMORY),
      part("facts", () => deps.facts(businessId, conversationId), NO_MEMORY.facts),
      part("knowledge", async () => (question === "" ? [] : deps.knowledge({ businessId, text: question, language })), NO_MEMORY.knowledge),
    ]);
    return { openFromSeq: sessions.openFromSeq, earlier: sessions.earlier, facts, knowledge };
  };
}
