// Owns: the port behind which every writer of replies stands. Whoever implements it knows one conversation, and nothing of lanes or sending.
import type { BusinessId, ConversationId } from "../kernel/ids.ts";

export interface ContextMessage {
  readonly seq: number;
  readonly author: "customer" | "ai" | "human" | "api";
  readonly type: string;
  readonly text: string | null;
  readonly sentAt: Date;
}

export interface ReplyContext {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  readonly customerName: string | null;
  /** The language of the business's texts, as PostgreSQL names its text search configurations. */
  readonly language: string;
  /** What the responder may say when it fetches a person. */
  readonly handoffText: string;
  /** What the customer wrote since the last answer, oldest first; never empty. */
  readonly burst: readonly ContextMessage[];
  /** What was said before, oldest first. */
  readonly history: readonly ContextMessage[];
}

export type ResponderAnswer =
  { readonly outcome: "reply"; readonly text: string } | { readonly outcome: "handoff"; readonly text: string; readonly reason: string };

export interface Responder {
  readonly name: string;
  /** Throws when it could not find an answer for a passing reason; the turn is then tried again. Honours `signal`. */
  respond(context: ReplyContext, signal: AbortSignal): Promise<ResponderAnswer>;
}
