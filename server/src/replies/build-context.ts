// Owns: from rows of a thread to what a responder sees: edits applied, revoked messages gone, reactions left out. Pure.
import type { RowOf } from "../db/query.ts";
import type { loadRecentMessages } from "./replies.queries.ts";
import type { ContextMessage } from "./responder.ts";

export type RecentMessage = Omit<RowOf<typeof loadRecentMessages.columns>, "conversation_id">;

/** Messages that change another one; a customer who sends only these asks for nothing. */
const CHANGES = new Set(["edit", "revoke", "reaction"]);
/** Messages that nobody wrote. */
const NOTICES = new Set(["system"]);

function authorOf(author: string): ContextMessage["author"] {
  return author === "customer" || author === "ai" || author === "human" ? author : "api";
}

/** `burst` is empty when there is nothing to answer: only reactions, edits of older messages, revokes, system notices. */
export function buildContext(
  rows: readonly RecentMessage[],
  answeredTo: number,
): { readonly burst: readonly ContextMessage[]; readonly history: readonly ContextMessage[]; readonly newestInbound: string | null } {
  const edits = new Map<string, RecentMessage>();
  const revoked = new Set<string>();
  for (const row of rows) {
    if (row.target_provider_message_id === null) continue;
    if (row.type === "edit") edits.set(row.target_provider_message_id, row);
    if (row.type === "revoke") revoked.add(row.target_provider_message_id);
  }
  const burst: ContextMessage[] = [];
  const history: ContextMessage[] = [];
  let newestInbound: string | null = null;
  for (const row of rows) {
    if (row.direction === "in" && !row.is_history && row.provider_message_id !== null && !NOTICES.has(row.type))
      newestInbound = row.provider_message_id;
    if (CHANGES.has(row.type) || NOTICES.has(row.type)) continue;
    if (row.provider_message_id !== null && revoked.has(row.provider_message_id)) continue;
    const edit = row.provider_message_id === null ? undefined : edits.get(row.provider_message_id);
    const message = { seq: row.seq, author: authorOf(row.author), type: row.type, text: edit?.text ?? row.text, sentAt: row.sent_at };
    (row.direction === "in" && row.seq > answeredTo && !row.is_history ? burst : history).push(message);
  }
  return { burst, history, newestInbound };
}
