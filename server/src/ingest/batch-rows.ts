// Owns: from placed messages to the rows of the statement that stores them, and from its row numbers back to the messages. Refuses to know: when it runs.
import type { ValuesOf } from "../db/parameters.ts";
import { addressOf, type Identifier } from "../identity/identifier.ts";
import { type IngestItem, labelIn } from "./ingest-item.ts";
import type { storeMessagesAcrossBusinesses } from "./ingest.queries.ts";
import type { PlacedItem } from "./thread-resolver.ts";

type StatementValues = ValuesOf<typeof storeMessagesAcrossBusinesses.params>;

/** `bare`: nothing that the database might refuse of a thread, so no name and no address; it keeps those that it has. */
export type ThreadForm = "whole" | "bare";

export interface BatchRows {
  readonly values: StatementValues;
  /** Of each message, the number of its thread. */
  readonly threadOf: readonly number[];
  /** Of each new identifier, the message that brought it. */
  readonly identified: readonly PlacedItem[];
}

export function batchRowsOf(placed: readonly PlacedItem[], form: ThreadForm): BatchRows {
  const { threads, threadOf } = groupByThread(placed);
  const aliases = newAliasesOf(placed);
  return {
    values: {
      threads: threads.map((thread) => threadRowOf(thread, form)),
      messages: placed.map(({ item }, at) => messageRowOf(item, threadOf[at] ?? 0)),
      identifiers: aliases.map(({ entry: { item, canonicalKey }, alias: { kind, value, scope } }) => ({
        businessId: item.businessId,
        kind,
        value,
        scope,
        canonicalKey,
      })),
    },
    threadOf,
    identified: aliases.map(({ entry }) => entry),
  };
}

export const threadNameOf = ({ item, canonicalKey }: PlacedItem): string => `${item.businessId}|${canonicalKey}`;

interface BatchThread {
  readonly first: PlacedItem;
  readonly number: number;
  newest: PlacedItem;
}

/** Numbered from 1, as PostgreSQL counts rows. */
export function groupByThread(placed: readonly PlacedItem[]): {
  readonly threads: readonly BatchThread[];
  readonly threadOf: readonly number[];
} {
  const byName = new Map<string, BatchThread>();
  const threadOf = placed.map((entry) => {
    const name = threadNameOf(entry);
    let thread = byName.get(name);
    if (thread === undefined) {
      thread = { first: entry, number: byName.size + 1, newest: entry };
      byName.set(name, thread);
    } else if (isNewer(entry, thread.newest)) thread.newest = entry;
    return thread.number;
  });
  return { threads: [...byName.values()], threadOf };
}

/** What the customer wrote says more of them than what was sent to them. */
function isNewer({ item: { event } }: PlacedItem, { item: { event: other } }: PlacedItem): boolean {
  if (event.direction !== other.direction) return event.direction === "in";
  return event.sentAt.getTime() >= other.sentAt.getTime();
}

function newAliasesOf(placed: readonly PlacedItem[]): readonly { readonly entry: PlacedItem; readonly alias: Identifier }[] {
  const seen = new Set<string>();
  return placed.flatMap((entry) =>
    entry.newAliases
      .map((alias) => ({ entry, alias, label: labelIn(entry.item.businessId, alias) }))
      .filter(({ label }) => !seen.has(label) && seen.add(label)),
  );
}

/** The newest message of the batch says the name and the address. */
function threadRowOf({ first, newest }: BatchThread, form: ThreadForm): StatementValues["threads"][number] {
  const { event, channelId } = newest.item;
  const address = form === "bare" ? undefined : addressOf(newest.item.identifiers);
  // The author of a group's message is not the group.
  const person = form === "bare" || event.groupId !== undefined ? undefined : event.customer;
  return {
    businessId: first.item.businessId,
    canonicalKey: first.canonicalKey,
    // The id that the conversation gets if it is new; a message's own id is as good as any other UUIDv7.
    newId: first.item.messageId,
    contactName: person?.name,
    contactUsername: person?.username,
    replyChannelId: address === undefined ? undefined : channelId,
    replyKind: address?.kind,
    replyAddress: address?.value,
  };
}

function messageRowOf(
  { businessId, messageId, channelId, event, contentJson, quietMs }: IngestItem,
  thread: number,
): StatementValues["messages"][number] {
  return {
    thread,
    businessId,
    id: messageId,
    channelId,
    direction: event.direction,
    author: event.direction === "in" ? "customer" : event.standby === true ? "api" : "human",
    providerMessageId: event.providerMessageId,
    type: event.type,
    text: event.text,
    content: contentJson,
    quotedProviderMessageId: event.quotedProviderMessageId,
    targetProviderMessageId: event.targetProviderMessageId,
    sentAt: event.sentAt,
    quietMs,
    provider: event.provider,
    channelKey: event.channelKey,
    raw: event.raw,
    isHistory: event.isHistory === true,
    takesOver: takesOverOf(event),
  };
}

/** Who answers instead of the AI from now on, as the pause is called. */
function takesOverOf({ direction, isHistory, standby }: IngestItem["event"]): "standby" | "phone_app" | undefined {
  if (isHistory === true) return undefined;
  if (standby === true) return "standby";
  return direction === "out" ? "phone_app" : undefined;
}
