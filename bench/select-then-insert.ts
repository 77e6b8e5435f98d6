// Owns: the pattern that Onethread replaces, as a webhook intake on the same tables: look whether it is there, insert it if not, each step
// a statement of its own. It is spared what it would need to be correct, and the alias table is only written for new conversations.
import type { ChannelDirectory, DirectoryChannel } from "../server/src/businesses/channel-directory.ts";
import { identifiersOf, keysOf } from "../server/src/identity/identifier.ts";
import type { Queryable } from "../server/src/db/query.ts";
import type { WebhookIntake } from "../server/src/ingest/webhook-intake.ts";
import { newId } from "../server/src/kernel/ids.ts";
import type { MessageEvent } from "../server/src/whatsapp/events.ts";
import {
  findConversation,
  findLane,
  findMessage,
  insertAlias,
  insertConversation,
  insertLane,
  insertLogEntry,
  insertMessage,
  updateConversation,
  updateLane,
} from "./select-then-insert.queries.ts";

export interface SelectThenInsertDeps {
  readonly db: Queryable;
  readonly channels: ChannelDirectory;
}

interface Item {
  readonly event: MessageEvent;
  readonly channel: DirectoryChannel;
}

const ATTEMPTS = 3;

async function getConversation(db: Queryable, { event, channel }: Item): Promise<string> {
  const { businessId, channelId } = channel;
  const { phone = "", userId, name } = event.customer;
  const [canonicalKey] = keysOf(businessId, identifiersOf(event.customer, null)) ?? [];
  if (canonicalKey === undefined) throw new Error("the bench sent a message that names nobody");
  const [found] = await db.run(findConversation, { businessId, canonicalKey });
  if (found !== undefined) return found.id;
  const conversationId = newId();
  const { sentAt } = event;
  await db.execute(insertConversation, { businessId, id: conversationId, canonicalKey, sentAt, contactName: name, channelId, phone });
  await db.execute(insertAlias, { businessId, kind: "phone", value: phone, conversationId });
  if (userId !== undefined) await db.execute(insertAlias, { businessId, kind: "user", value: userId, conversationId });
  return conversationId;
}

async function store(db: Queryable, item: Item): Promise<"stored" | "duplicate"> {
  const { event, channel } = item;
  const { businessId, channelId, quietMs } = channel;
  const conversationId = await getConversation(db, item);
  const { providerMessageId, type, text, sentAt } = event;
  const [known] = await db.run(findMessage, { businessId, channelId, providerMessageId });
  if (known !== undefined) return "duplicate";
  const [place] = await db.run(updateConversation, { businessId, conversationId, sentAt, contactName: event.customer.name });
  const seq = place?.last_seq ?? 0;
  await db.execute(insertMessage, {
    ...{ businessId, id: newId(), conversationId, seq, channelId, providerMessageId, type, text, sentAt },
    content: JSON.stringify(event.content),
  });
  const [lane] = await db.run(findLane, { businessId, conversationId });
  await db.execute(lane === undefined ? insertLane : updateLane, { businessId, conversationId, seq, quietMs });
  await db.execute(insertLogEntry, { businessId, id: newId(), channelKey: event.channelKey, body: event.raw });
  return "stored";
}

/** What such systems learn to do after their first UniqueViolation. */
async function storeAgain(db: Queryable, item: Item): Promise<"stored" | "duplicate"> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store(db, item);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

export function createSelectThenInsert({ db, channels }: SelectThenInsertDeps): WebhookIntake {
  return {
    applyWaitingFor: () => Promise.resolve(),
    async receive(events) {
      let stored = 0;
      let duplicates = 0;
      for (const event of events) {
        if (event.kind !== "message") continue;
        const channel = await channels.find(event.provider, event.channelKey);
        if (channel === undefined) continue;
        if ((await storeAgain(db, { event, channel })) === "stored") stored += 1;
        else duplicates += 1;
      }
      return { stored, duplicates, quarantined: 0 };
    },
  };
}
