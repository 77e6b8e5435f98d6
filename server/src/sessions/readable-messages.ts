// Owns: from rows of a session to what can be read of it: edits applied, revoked messages gone, reactions left out. Pure.
import type { Row } from "../db/query.ts";
import { mayChange } from "../conversations/may-change.ts";
import type { ContextMessage } from "../answers/responder.ts";
import { kindOf } from "../whatsapp/message-kinds.ts";
import { participantName } from "../whatsapp/participant.ts";
import type { loadSessionToSummarize } from "./summaries.queries.ts";

type MessageRow = Pick<
  Row<typeof loadSessionToSummarize>,
  "seq" | "author" | "type" | "text" | "sent_at" | "provider_message_id" | "target_provider_message_id" | "participant"
>;

function authorOf(author: string | null): ContextMessage["author"] {
  return author === "customer" || author === "ai" || author === "human" ? author : "api";
}

/** `rows` in the order of their positions; the row that stands for "no messages" is left out. */
export function readableMessages(rows: readonly MessageRow[]): readonly ContextMessage[] {
  const edits = new Map<string, string>();
  const revoked = new Set<string>();
  const authors = new Map(rows.map((row) => [row.provider_message_id, row.author]));
  for (const { type, author, text, target_provider_message_id: target } of rows) {
    if (target === null || !mayChange({ type, author }, { author: authors.get(target) ?? author })) continue;
    // An edit whose words the platform keeps to itself takes none away.
    if (type === "edit" && text !== null) edits.set(target, text);
    if (type === "revoke") revoked.add(target);
  }
  return rows.flatMap((row) => {
    const { seq, type, sent_at: sentAt, provider_message_id: id } = row;
    if (seq === null || type === null || sentAt === null || kindOf(type).role === "change") return [];
    if (id !== null && revoked.has(id)) return [];
    const text = edits.get(id ?? "") ?? row.text;
    const from = participantName({ participant: row.participant });
    return [{ seq, author: authorOf(row.author), type, text, sentAt, ...(from === undefined ? {} : { from }) }];
  });
}
