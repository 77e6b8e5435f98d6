// Owns: threads written straight into the tables, with messages at times of the test's choice. Ingest is not under test where this is used.
import type pg from "pg";
import { newId, type ConversationId } from "../../src/kernel/ids.ts";
import type { TestBusiness } from "./test-business.ts";

export interface ThreadMessage {
  /** Before the database's now; negative: later. */
  readonly minutesAgo: number;
  readonly text?: string | null;
  readonly author?: "customer" | "ai" | "human";
  readonly type?: string;
  readonly target?: string;
}

export interface SessionThread {
  readonly id: ConversationId;
  /** In this order; the customer's raise the session lane, as ingest does. */
  add(...messages: readonly ThreadMessage[]): Promise<void>;
}

export async function createSessionThread(superuser: pg.Pool, { businessId, channelId }: TestBusiness): Promise<SessionThread> {
  const id = newId<ConversationId>();
  await superuser.query(
    `insert into onethread.conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at)
     values ($1::uuid, $2::uuid, 'lead:' || $1 || ':' || $2, now(), now(), now())`,
    [businessId, id],
  );
  return {
    id,
    async add(...messages) {
      for (const { minutesAgo, text = "hello", author = "customer", type = "text", target = null } of messages) {
        await superuser.query(
          `with place as (
             update onethread.conversations set last_seq = last_seq + 1 where business_id = $1 and id = $2 returning last_seq as seq
           ), message as (
             insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content,
               target_provider_message_id, sent_at, received_at, status)
             select $1, $3::uuid, $2, seq, $4, case $5::text when 'customer' then 'in' else 'out' end, $5, 'wamid.' || $3::uuid::text, $6, $7, '{}', $8,
               now() - $9::float8 * interval '1 minute', now() - $9::float8 * interval '1 minute', case $5::text when 'customer' then 'received' else 'sent' end
             from place returning seq, received_at
           )
           insert into onethread.lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
           select $1, $2, 'session', now(), received_at, received_at, seq from message where $5::text = 'customer'
           on conflict on constraint lanes_pkey do update set
             wanted = excluded.wanted, last_at = excluded.last_at, check_at = coalesce(l.check_at, excluded.check_at)`,
          [businessId, id, newId(), channelId, author, type, text, target, minutesAgo],
        );
      }
    },
  };
}
