// Owns: from rows of a thread to what was said in it: edits applied, revoked messages gone, reactions and quotes with their messages.
// Pure.
import type { ThreadRow } from "./replies.queries.ts";
import { mayChange } from "../conversations/may-change.ts";
import { isObject } from "../kernel/read-json.ts";
import { customerWords } from "../whatsapp/customer-words.ts";
import { kindOf } from "../whatsapp/message-kinds.ts";
import { referralText } from "../whatsapp/referral-text.ts";
import { quoteOf } from "../conversations/quote-of.ts";
import { memberKeysOf, type Participant, participantName, readParticipant } from "../whatsapp/participant.ts";
import { asksOf } from "../words/asks-for-reply.ts";
import { changesMeaning } from "./changed-meaning.ts";
import type { ContextMessage } from "../answers/responder.ts";

export interface RecentMessage extends Omit<ThreadRow, "sent_at"> {
  readonly sent_at: Date;
}

export interface Thread {
  /** What the customer wrote since their last answer, oldest first. Empty when there is nothing to answer: only reactions, edits, revokes, notices. */
  readonly burst: readonly ContextMessage[];
  readonly history: readonly ContextMessage[];
  /** The provider's id of the customer's newest message. */
  readonly newestInbound: string | null;
  /** When the customer wrote last, by the platform's time. */
  readonly newestAt: Date | null;
  /** The turn that wrote what was said to the customer last; null: a person did, or nobody. */
  readonly lastSaidByTurn: string | null;
  /** Those words, of a turn in several messages all of them; null: none. */
  readonly lastSaid: string | null;
}

function authorOf(author: string): ContextMessage["author"] {
  return author === "customer" || author === "ai" || author === "human" ? author : "api";
}

const UNKNOWN_QUOTE = "(an earlier message)";

const memberOf = (row: RecentMessage): Participant | undefined => readParticipant({ participant: row.participant ?? null });

interface Changes {
  readonly edits: ReadonlyMap<string, RecentMessage>;
  readonly revoked: ReadonlySet<string>;
  readonly reactions: ReadonlyMap<string, readonly string[]>;
}

function collectChanges(rows: readonly RecentMessage[]): Changes {
  const edits = new Map<string, RecentMessage>();
  const revoked = new Set<string>();
  const reactions = new Map<string, Map<string, string>>();
  const memberKeyOf = memberKeysOf(rows.map(memberOf));
  const authors = new Map(rows.map((row) => [row.provider_message_id, row.author]));
  for (const row of rows) {
    const { target_provider_message_id: target } = row;
    if (target === null) continue;
    if (row.type !== "reaction" && !mayChange(row, { author: authors.get(target) ?? row.author })) continue;
    // An edit whose words the platform keeps to itself changes nothing that can be read.
    if (row.type === "edit" && row.text !== null) edits.set(target, row);
    if (row.type === "revoke") revoked.add(target);
    // Each person has one reaction to a message (in a group each member); an empty one takes it back.
    if (row.type === "reaction")
      reactions.set(target, new Map(reactions.get(target)).set(`${row.author} ${memberKeyOf(memberOf(row))}`, row.text ?? ""));
  }
  const shown = [...reactions].map(([id, by]) => [id, [...by.values()].filter((emoji) => emoji !== "")] as const);
  return { edits, revoked, reactions: new Map(shown.filter(([, emojis]) => emojis.length > 0)) };
}

function messageOf(row: RecentMessage, { edits, reactions }: Changes): ContextMessage {
  const id = row.provider_message_id ?? "";
  const quoted = row.quoted_provider_message_id === null ? undefined : (quoteOf(row) ?? UNKNOWN_QUOTE);
  const about = referralText({ referral: row.referral ?? null, context: { referred_product: row.referred_product ?? null } });
  const from = participantName({ participant: row.participant ?? null });
  const emojis = reactions.get(id);
  return {
    seq: row.seq,
    author: authorOf(row.author),
    type: row.type,
    text: edits.get(id)?.text ?? row.text,
    sentAt: row.sent_at,
    ...(from === undefined ? {} : { from }),
    ...(quoted === undefined ? {} : { quote: quoted }),
    ...(about === undefined ? {} : { about }),
    ...(emojis === undefined ? {} : { reactions: emojis }),
  };
}

/** What of the burst is asked for, by the customer's own words: those of its newest edit, when it was edited. */
function askedOf(row: RecentMessage, { edits }: Changes): Pick<ContextMessage, "words" | "asks"> {
  const edited = edits.get(row.provider_message_id ?? "");
  const { type, content } = edited?.content === null || edited === undefined ? row : edited;
  const written = isObject(content) ? content : {};
  const words = customerWords({ type, content: written });
  return { words, asks: asksOf({ type: row.type, words, content: written }) };
}

/** An edit of a message that has its answer already, and now asks for something else. */
function isNewQuestion(row: RecentMessage, rows: readonly RecentMessage[], answeredTo: number): boolean {
  if (row.type !== "edit" || row.direction !== "in" || row.is_history || row.seq <= answeredTo) return false;
  const target = rows.find(({ provider_message_id: id }) => id !== null && id === row.target_provider_message_id);
  return target?.direction === "in" && target.seq <= answeredTo && changesMeaning(target.text ?? "", row.text ?? "");
}

/** What was said last; a turn may say it in several messages, and ask in the first of them. */
function wordsOfLast(rows: readonly RecentMessage[], last: RecentMessage | undefined): string | null {
  if (last === undefined || last.turn_id === null) return last?.text ?? null;
  const parts = rows.filter((row) => row.direction === "out" && row.turn_id === last.turn_id).flatMap(({ text }) => text ?? []);
  return parts.length === 0 ? null : parts.join("\n");
}

export function readThread(rows: readonly RecentMessage[], answeredTo: number): Thread {
  const changes = collectChanges(rows);
  const burst: ContextMessage[] = [];
  const history: ContextMessage[] = [];
  let newest: RecentMessage | undefined;
  let lastSaid: RecentMessage | undefined;
  for (const row of rows) {
    const { role } = kindOf(row.type);
    if (role === "notice") continue;
    if (row.direction === "in" && !row.is_history && row.provider_message_id !== null) newest = row;
    if (isNewQuestion(row, rows, answeredTo)) burst.push({ ...messageOf(row, changes), ...askedOf(row, changes) });
    if (role === "change") continue;
    if (row.direction === "out" && (lastSaid === undefined || row.seq > lastSaid.seq)) lastSaid = row;
    if (row.provider_message_id !== null && changes.revoked.has(row.provider_message_id)) continue;
    const isAsked = row.direction === "in" && row.seq > answeredTo && !row.is_history;
    if (isAsked) burst.push({ ...messageOf(row, changes), ...askedOf(row, changes) });
    else history.push(messageOf(row, changes));
  }
  return {
    burst,
    history,
    newestInbound: newest?.provider_message_id ?? null,
    newestAt: newest?.sent_at ?? null,
    lastSaidByTurn: lastSaid?.turn_id ?? null,
    lastSaid: wordsOfLast(rows, lastSaid),
  };
}
