// Owns: the port that every writer of replies implements. An implementation knows one conversation, and nothing of lanes or sending.
import type { BusinessId, ConversationId, TurnId } from "../kernel/ids.ts";
import type { Json } from "../kernel/json.ts";
import type { Asks } from "../words/asks-for-reply.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { AnswerPart } from "./answer-part.ts";

export interface ContextMessage {
  readonly seq: number;
  readonly author: "customer" | "ai" | "human" | "api";
  readonly type: string;
  /** What a person reads of it; of media their caption or a description; null: nothing can be read. */
  readonly text: string | null;
  readonly sentAt: Date;
  /** Of a group: the member who wrote it, by name or number. */
  readonly from?: string;
  /** Of the burst: the customer's own words, without our labels, and what they ask for. */
  readonly words?: string | null;
  readonly asks?: Asks;
  /** `text` is what a machine heard in a voice message. */
  readonly isTranscript?: true;
  /** What it quotes, shortened; and what others reacted to it with. */
  readonly quote?: string;
  readonly reactions?: readonly string[];
  /** The advertisement that the customer clicked, or the product of the catalog that they ask about. */
  readonly about?: string;
}

/** A picture of the customer's, made smaller, for a model that sees. */
export interface ContextPicture {
  /** Of its message. */
  readonly seq: number;
  readonly mediaType: string;
  readonly data: Uint8Array;
}

export interface ContextKnowledge {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

export interface ContextSession {
  readonly openedAt: Date;
  readonly summary: string;
}

/** What was said in sessions that are over. */
export interface SessionMemory {
  /**
   * The summaries cover every message up to this one, and none after it. It is the last one before the first session whose summary is still to be
   * written, or else before the open session and what the business wrote since the previous one closed. Null: they cover none.
   */
  readonly summarisedTo: number | null;
  /** The newest first, at most five. */
  readonly earlier: readonly ContextSession[];
}

/** What is remembered of a customer. */
export interface CustomerMemory extends SessionMemory {
  /** Absent: none were noted. */
  readonly facts?: Readonly<Record<string, string>>;
}

export interface ReplyContext {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  /** What the turn that is being written will be called; the same one over retries of a turn that waits. */
  readonly turnId: TurnId;
  /** The `seq` up to which the customer has answers: names this burst over retries and superseded turns. */
  readonly answeredTo: number;
  /** The last `seq` that the turn covers. */
  readonly coversTo: number;
  readonly businessName: string;
  readonly customerName: string | null;
  /** Which lead of the business this is, under the names `lead` and `lead_name`. The business alone says so. */
  readonly lead?: Readonly<Record<string, string>>;
  /** Facts that were noted about the customer, mostly in their own words. */
  readonly facts: Readonly<Record<string, string>>;
  /** The language of the business's texts, as PostgreSQL names its text search configurations. */
  readonly language: string;
  /** What the responder may say when it fetches a person; outside of the office hours it is the away text. */
  readonly handoffText: string;
  readonly settings: ReplySettings;
  /** What the customer wrote since the last answer, oldest first; never empty. */
  readonly burst: readonly ContextMessage[];
  /** What was said before in the open session, oldest first; within the token budget, the oldest are left out first. */
  readonly history: readonly ContextMessage[];
  /** Earlier sessions, newest first. Empty unless the responder wants the memory. */
  readonly earlier: readonly ContextSession[];
  /** Texts of the business that may answer, best first. Empty unless the responder wants the memory. */
  readonly knowledge: readonly ContextKnowledge[];
  readonly now: Date;
  /** In the order of their messages. Absent: the business does not want them to be seen, or there are none. */
  readonly pictures?: readonly ContextPicture[];
  /** Absent: nobody has looked. */
  readonly tools?: ToolState;
}

/** What is known of tools when a turn begins, so that they need not be looked up in each of them. */
export interface ToolState {
  /** Of those that the business defines: another one after each change. Null: it has none. */
  readonly version: string | null;
  /** Whether any was called for this burst before, by whichever turn. */
  readonly wereCalled: boolean;
}

/** What a turn used up, for its row. */
export interface TurnWork {
  /** Which model answered, as its provider names it. */
  readonly model?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Millionths of the business's currency; absent when the price is not known. */
  readonly costMicros?: number;
  readonly toolCalls?: readonly { readonly tool: string; readonly state: string; readonly ms: number }[];
  /** The texts of the business that the answer rests on. */
  readonly sources?: readonly { readonly id: string; readonly title: string }[];
  /** How many pictures of the customer the model was shown; refused: it does not take any, and answered without. */
  readonly pictures?: { readonly shown: number; readonly refused: boolean };
}

export type ResponderAnswer = (
  | {
      readonly outcome: "reply";
      /** One message each, in this order, none of them empty; at least one, or a part. */
      readonly texts: readonly string[];
      /** What follows the texts, or is to be said later. */
      readonly parts?: readonly AnswerPart[];
    }
  /** A person is fetched. `text`: what is said to the customer. */
  | { readonly outcome: "handoff"; readonly text: string; readonly reason: string }
  /** It was a courtesy: nothing has to be said, and no person is needed. */
  | { readonly outcome: "nothing" }
  /** Nothing yet: it comes from outside, within `waitMs`. The lane is parked, and the turn keeps its id. */
  | { readonly outcome: "later"; readonly waitsFor: "answer" | "approval"; readonly waitMs: number }
) & { readonly work?: TurnWork };

/** An answer that came from outside for a turn that waited. */
export type AgentAnswer =
  | { readonly outcome: "reply"; readonly texts: readonly string[]; readonly parts?: readonly AnswerPart[] }
  | { readonly outcome: "handoff"; readonly reason: string; readonly text?: string };

export interface Responder {
  readonly name: string;
  /** `memory`: the context has facts, earlier sessions and knowledge; `burst`: only what was said. */
  readonly wants: "burst" | "memory";
  /**
   * Throws when it could not find an answer: a `ResponderFault` says whether another try may help; everything else is tried again.
   * Honours `signal`, which aborts when a newer message makes the answer pointless, the lease is lost, or the process stops.
   */
  respond(context: ReplyContext, signal: AbortSignal): Promise<ResponderAnswer>;
}

/** Why a responder has no answer. `message` is for the operator: no text of the customer, no secret. */
export class ResponderFault extends Error {
  /** True: trying again cannot work (a wrong key, a missing setting), so nobody waits for it. */
  readonly isFinal: boolean;
  /** The other side would not take the question as it was: another one it may answer. */
  readonly isRefusal: boolean;
  readonly retryAfterMs: number | undefined;
  readonly work: TurnWork | undefined;

  constructor(
    message: string,
    options: { cause?: unknown; isFinal?: boolean; isRefusal?: boolean; retryAfterMs?: number; work?: TurnWork } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ResponderFault";
    this.isFinal = options.isFinal ?? false;
    this.isRefusal = options.isRefusal ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.work = options.work;
  }
}

/** Tools of a model: what it may call, by name. Bound to one context: neither business nor conversation are the model's to say. */
export interface ToolSet {
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    /** JSON Schema of the arguments. */
    readonly parameters: Readonly<Record<string, Json>>;
  }[];
  /** Never throws for what a tool did wrong: that is reported to the model, as `error`. */
  call(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome>;
  /** What was called in this burst before, by turns that were superseded, tried again or parked: it counts, and is not to be made again. */
  readonly earlierCalls: readonly EarlierCall[];
  /** What was called so far, for the turn's row. */
  readonly calls: readonly { readonly tool: string; readonly state: string; readonly ms: number }[];
  close(): Promise<void>;
}

export interface EarlierCall {
  readonly tool: string;
  readonly arguments: Json;
  /** unknown: it left, and nobody knows what became of it. denied: a person refused it. waiting: a person has not decided yet. */
  readonly state: "done" | "failed" | "unknown" | "denied" | "waiting";
  /** What the other side answered, or what is known of it. */
  readonly report: Json;
}

export type ToolOutcome =
  | { readonly outcome: "result"; readonly result: Json }
  | { readonly outcome: "error"; readonly error: string }
  /** Nothing was done: it is for the answer, which takes it along or leaves it. */
  | { readonly outcome: "adds"; readonly part: AnswerPart }
  /** The model asked for a person. */
  | { readonly outcome: "handoff"; readonly reason: string }
  /** A person has to approve the call first: the turn waits. */
  | { readonly outcome: "waits" };

export type OpenTools = (context: ReplyContext, signal: AbortSignal) => Promise<ToolSet>;
