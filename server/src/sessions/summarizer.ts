// Owns: the port behind which session summaries are written: by a model, or without one. Refuses to know: sessions, lanes, databases.
import type { BusinessId } from "../kernel/ids.ts";
import type { ContextMessage } from "../answers/responder.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";

export interface SessionToSummarize {
  readonly businessId: BusinessId;
  readonly settings: ReplySettings;
  /** All of the session that can be read, oldest first, replies included. */
  readonly messages: readonly ContextMessage[];
  /** How the last turn of the session ended, as its row says; absent when there was none. */
  readonly lastTurn?: { readonly state: string; readonly reason: string | null };
}

export interface SessionSummary {
  readonly source: "extractive" | "model";
  /** A few sentences. */
  readonly summary: string;
  readonly topic: string | null;
  /** How it ended for the customer: answered, handed over, open. */
  readonly outcome: string | null;
  /** What is still to be done. */
  readonly openPoints: readonly string[];
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** Throws when it cannot; it is asked again later. Honours `signal`. */
export type Summarizer = (session: SessionToSummarize, signal: AbortSignal) => Promise<SessionSummary>;
