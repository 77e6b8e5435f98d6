// Owns: reading conversations, their threads and their turns for one business. Changes nothing.
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { findPhone } from "../identity/find-phone.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { plainPhone, readWrittenPhone } from "../kernel/written-phone.ts";
import { findConversation, listConversations, searchConversations } from "./conversation-reads.queries.ts";
import { COUNTRY_CODES } from "./country-codes.ts";
import { conversationViewOf, type ConversationView } from "./conversation-view.ts";
import { findSurvivor } from "./surviving-conversation.ts";
import { decodeSeq, decodeTimeId, decodeTimeSeq, encodeCursor, NEWEST, OLDEST, pageOf, type Page } from "../kernel/cursor.ts";
import { findMessage, listChangesOfMessages, listMessagesNewestFirst, listMessagesOldestFirst } from "./message-reads.queries.ts";
import { membersOf, messageViewOf, type ChangeRow, type MessageView } from "./message-view.ts";
import { listTurns } from "./turn-reads.queries.ts";
import { turnViewOf, type TurnView } from "./turn-view.ts";

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ConversationFilter {
  readonly open?: boolean | undefined;
  readonly channelId?: string | undefined;
  /** The beginning of a word of a contact's name or user name, whatever its case and accents; or a phone number in any spelling, or a part of it (docs/limits.md). */
  readonly q?: string | undefined;
}

/** Lists never show a merged conversation; everything that takes an id answers the winner instead. Unknown ids read as undefined. */
export interface ConversationReader {
  list(businessId: BusinessId, request: PageRequest & ConversationFilter): Promise<Page<ConversationView>>;
  find(businessId: BusinessId, conversationId: string): Promise<ConversationView | undefined>;
  listMessages(
    businessId: BusinessId,
    conversationId: string,
    request: PageRequest & { readonly order: "asc" | "desc" },
  ): Promise<Page<MessageView> | undefined>;
  findMessage(businessId: BusinessId, messageId: string): Promise<MessageView | undefined>;
  listTurns(businessId: BusinessId, conversationId: string, request: PageRequest): Promise<Page<TurnView> | undefined>;
}

export function createConversationReader(deps: { readonly database: Database }): ConversationReader {
  const open = (businessId: BusinessId): Queryable => deps.database.forBusiness(businessId);
  return {
    list: (businessId, request) => list(open(businessId), request),
    find: (businessId, conversationId) => find(open(businessId), conversationId),
    listMessages: (businessId, conversationId, request) => readThread(open(businessId), conversationId, request),
    findMessage: (businessId, messageId) => findOneMessage(open(businessId), messageId),
    listTurns: (businessId, conversationId, request) => readTurns(open(businessId), conversationId, request),
  };
}

const SHORTEST_PART = 4;
/** Whoever has more of a number than this has its beginning or its end. It is a number that nobody has, mostly, for which all others would be looked through. */
const LONGEST_ANYWHERE = 9;

type MessageRow = Row<typeof findMessage>;

async function list(
  db: Queryable,
  { limit, cursor, open, channelId, q }: PageRequest & ConversationFilter,
): Promise<Page<ConversationView>> {
  const before = cursor === undefined ? NEWEST : decodeTimeId(cursor);
  const page = { beforeAt: before.at, beforeId: before.id, isOpen: open, channelId, limit: limit + 1 };
  const rows =
    q === undefined
      ? await db.run(listConversations, page)
      : await db.run(searchConversations, {
          ...page,
          name: q.replace(/^\s*@/, ""),
          countryCodes: COUNTRY_CODES,
          ...(await phoneOf(db, q)),
        });
  return pageOf(rows, limit, { item: conversationViewOf, cursor: (row) => encodeCursor([row.cursor_at, row.id]) });
}

interface WantedPhone {
  /** The stored spelling of the number that is looked for; a known other one where the number itself is not known. */
  readonly phone: string | undefined;
  /** Digits at the end of the number, at its beginning, or at its beginning as it is written within its country. */
  readonly phonePart: string | undefined;
  /** The same, where they may be anywhere in the number. */
  readonly phoneAnywhere: string | undefined;
}

async function phoneOf(db: Queryable, q: string): Promise<WantedPhone> {
  const read = readWrittenPhone(q);
  const plain = plainPhone(q);
  const written = /^\+?[\d\s().\-/]+$/.test(plain) ? plain.replaceAll(/\D/g, "") : "";
  // A 0 in front belongs to the way a number is written, unless it is all that somebody has of the number's end.
  const phonePart = [written.replace(/^0+/, ""), written].find((digits) => digits.length >= SHORTEST_PART);
  return {
    phone: read.outcome === "read" ? ((await findPhone(db, read.digits)) ?? read.digits) : undefined,
    phonePart,
    phoneAnywhere: phonePart !== undefined && phonePart.length <= LONGEST_ANYWHERE ? phonePart : undefined,
  };
}

async function find(db: Queryable, conversationId: string): Promise<ConversationView | undefined> {
  const id = await findSurvivor(db, conversationId);
  if (id === undefined) return undefined;
  const [row] = await db.run(findConversation, { conversationId: id });
  return row === undefined ? undefined : conversationViewOf(row);
}

async function readThread(
  db: Queryable,
  conversationId: string,
  request: PageRequest & { readonly order: "asc" | "desc" },
): Promise<Page<MessageView> | undefined> {
  const { limit, cursor, order } = request;
  const from = cursor !== undefined ? decodeTimeSeq(cursor) : order === "asc" ? OLDEST : NEWEST;
  const id = await findSurvivor(db, conversationId);
  if (id === undefined) return undefined;
  const query = order === "asc" ? listMessagesOldestFirst : listMessagesNewestFirst;
  const rows = await db.run(query, { conversationId: id, cursorAt: from.at, cursorSeq: from.seq, limit: limit + 1 });
  const changes = await changesOf(db, id, rows.slice(0, limit));
  const memberKeyOf = membersOf([...rows, ...[...changes.values()].flat()]);
  const item = (row: MessageRow): MessageView =>
    messageViewOf(row, changes.get(changeKey(row.channel_id, row.provider_message_id)) ?? [], memberKeyOf);
  return pageOf(rows, limit, { item, cursor: (row) => encodeCursor([row.cursor_at, row.seq]) });
}

async function findOneMessage(db: Queryable, messageId: string): Promise<MessageView | undefined> {
  const [row] = await db.run(findMessage, { messageId });
  if (row === undefined) return undefined;
  const changes = await changesOf(db, row.conversation_id, [row]);
  return messageViewOf(row, changes.get(changeKey(row.channel_id, row.provider_message_id)) ?? []);
}

async function changesOf(
  db: Queryable,
  conversationId: string,
  rows: readonly MessageRow[],
): Promise<ReadonlyMap<string, readonly ChangeRow[]>> {
  const targets = rows.flatMap(({ provider_message_id }) => (provider_message_id === null ? [] : [provider_message_id]));
  if (targets.length === 0) return new Map();
  const changes = await db.run(listChangesOfMessages, { conversationId, targets });
  return Map.groupBy(changes, (change) => changeKey(change.channel_id, change.target_provider_message_id));
}

function changeKey(channelId: string, providerMessageId: string | null): string {
  return `${channelId}:${providerMessageId ?? ""}`;
}

async function readTurns(db: Queryable, conversationId: string, { limit, cursor }: PageRequest): Promise<Page<TurnView> | undefined> {
  const before = cursor === undefined ? NEWEST.seq : decodeSeq(cursor);
  const id = await findSurvivor(db, conversationId);
  if (id === undefined) return undefined;
  const rows = await db.run(listTurns, { conversationId: id, before, limit: limit + 1 });
  return pageOf(rows, limit, { item: turnViewOf, cursor: (row) => encodeCursor([row.covers_from]) });
}
