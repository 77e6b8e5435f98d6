// Owns: the SQL that writes an adoption. One business at a time, as the application; every write of a batch is in one transaction.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// Where the identifiers of some people lead already. An alias leads to a survivor; a key may still be a tombstone's.
export const findThreadsOfPeople = defineQuery({
  name: "adopt.find-threads-of-people",
  role: "app",
  columns: { person: "int4", id: "uuid", canonical_key: "text" },
  params: { names: rowsOf({ person: "int4", kind: "text", value: "text" }) },
  text: `
    select i.person, coalesce(w.id, c.id) as id, coalesce(w.canonical_key, c.canonical_key) as canonical_key
    from (
      select t.*,
        case t.kind
          when 'key' then (select k.id from conversations k where k.business_id = :business and k.canonical_key = t.value)
          else (select a.conversation_id from aliases a where a.business_id = :business and a.kind = t.kind and a.value = t.value)
        end as conversation_id
      from :names with ordinality as t
    ) i
    join conversations c on c.business_id = :business and c.id = i.conversation_id
    left join conversations w on w.business_id = :business and w.id = c.merged_into
    order by i.ord`,
});

// Sorted by key and locked, as ingest does it: whoever gives out positions in these threads waits for this transaction.
export const upsertThreads = defineQuery({
  name: "adopt.upsert-threads",
  role: "app",
  columns: { id: "uuid", canonical_key: "text", last_seq: "int8", is_merged: "bool", is_new: "bool" },
  params: {
    threads: rowsOf({
      id: "uuid",
      canonicalKey: "text",
      leadId: "text?",
      contactName: "text?",
      isOpen: "bool",
      lastMessageAt: "text",
      createdAt: "text",
    }),
  },
  text: `
    insert into conversations as c (business_id, id, canonical_key, lead_id, lead_name, contact_name, is_open, last_message_at, created_at, updated_at)
    select :business, i.id, i.canonical_key, i.lead_id, case when i.lead_id is not null then i.contact_name end, i.contact_name, i.is_open,
      least(i.last_message_at::timestamptz, now()), least(i.created_at::timestamptz, now()), now()
    from :threads as i
    order by i.canonical_key
    on conflict on constraint uq_wa_conv_canonical_key do update set
      lead_id = coalesce(c.lead_id, excluded.lead_id),
      -- The business's own name belongs to its lead; contact_name is what the customer calls themselves, and every message of theirs may change it.
      lead_name = case when coalesce(c.lead_id, excluded.lead_id) = excluded.lead_id then coalesce(c.lead_name, excluded.lead_name) else c.lead_name end,
      contact_name = coalesce(c.contact_name, excluded.contact_name),
      updated_at = excluded.updated_at
    returning c.id, c.canonical_key, c.last_seq, c.merged_into is not null as is_merged, (c.xmax = 0) as is_new`,
});

/** Answers those that it added. */
export const addAliasesOfPeople = defineQuery({
  name: "adopt.add-aliases-of-people",
  role: "app",
  columns: { kind: "text", value: "text" },
  params: { names: rowsOf({ conversationId: "uuid", kind: "text", value: "text" }) },
  text: `
    insert into aliases (business_id, kind, value, conversation_id, created_at)
    select :business, i.kind, i.value, i.conversation_id, now()
    from :names as i
    order by i.kind, i.value
    on conflict on constraint aliases_pkey do nothing
    returning kind, value`,
});

// The reply lanes of the batch. A last turn that is itself an adoption's is made longer instead of adding one per batch.
export const lockReplyLanes = defineQuery({
  name: "adopt.lock-reply-lanes",
  role: "app",
  columns: { conversation_id: "uuid", wanted: "int8", done: "int8", fence: "int8", adopted_turn_id: "uuid?" },
  params: { conversationIds: "uuid[]" },
  text: `
    select l.conversation_id, l.wanted, l.done, l.fence,
      (select t.id from turns t
        where t.business_id = :business and t.conversation_id = l.conversation_id and t.covers_to = l.done and t.state = 'skipped' and t.reason = 'adopted')
        as adopted_turn_id
    from lanes l
    where l.business_id = :business and l.conversation_id = any (:conversationIds) and l.kind = 'reply'
    order by l.conversation_id
    for update of l`,
});

export const findKnownMessages = defineQuery({
  name: "adopt.find-known-messages",
  role: "app",
  columns: { id: "uuid", sent_at: "text" },
  params: { ids: "uuid[]" },
  text: `select m.id, m.sent_at::text as sent_at from messages m where m.business_id = :business and m.id = any (:ids)`,
});

/** On any channel of the business: the number may be connected under another channel than the one it is adopted to. */
export const findKnownProviderIds = defineQuery({
  name: "adopt.find-known-provider-ids",
  role: "app",
  columns: { provider_message_id: "text", conversation_id: "uuid", direction: "text", text: "text?" },
  params: { providerMessageIds: "text[]" },
  text: `
    select m.provider_message_id, m.conversation_id, m.direction, m.text
    from channels ch
    join messages m on m.business_id = :business and m.channel_id = ch.id and m.provider_message_id = any (:providerMessageIds)
    where ch.business_id = :business`,
});

/** Without a reply lane: it is history (is_history), and the turn that covers it is written in the same transaction. */
export const insertAdoptedMessages = defineQuery({
  name: "adopt.insert-messages",
  role: "app",
  columns: { id: "uuid", opens_window: "bool" },
  params: {
    messages: rowsOf({
      id: "uuid",
      conversationId: "uuid",
      seq: "int8",
      channelId: "uuid",
      direction: "text",
      author: "text",
      providerMessageId: "text?",
      type: "text",
      text: "text?",
      content: "jsonb",
      sentAt: "text",
      status: "text",
      errorCode: "text?",
      errorText: "text?",
      quotedId: "text?",
      targetId: "text?",
    }),
  },
  text: `
    insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at,
      received_at, status, accepted_at, failed_at, error_code, error_text, quoted_provider_message_id, target_provider_message_id, is_history)
    select :business, i.id, i.conversation_id, i.seq, i.channel_id, i.direction, i.author, i.provider_message_id, i.type, i.text, i.content, i.sent_at::timestamptz, now(),
      i.status, case when i.direction = 'out' and i.status <> 'failed' then i.sent_at::timestamptz end, case when i.status = 'failed' then i.sent_at::timestamptz end,
      i.error_code, i.error_text, i.quoted_id, i.target_id, true
    from :messages as i
    on conflict do nothing
    returning id, opens_window(type, content) as opens_window`,
});

// The address is only filled in where there is none: a reply goes where the customer's newest message came from, and that is for ingest to say.
export const moveThreads = defineQuery({
  name: "adopt.move-threads",
  role: "app",
  columns: {},
  params: {
    threads: rowsOf({
      id: "uuid",
      lastSeq: "int8",
      lastMessageAt: "text?",
      lastCustomerMessageAt: "text?",
      isFirst: "bool",
      replyChannelId: "uuid?",
      replyKind: "text?",
      replyAddress: "text?",
    }),
  },
  text: `
    update conversations c set
      last_seq = i.last_seq,
      last_message_at = case when i.is_first then least(i.last_message_at::timestamptz, now())
        else greatest(c.last_message_at, least(i.last_message_at::timestamptz, now())) end,
      last_customer_message_at = greatest(c.last_customer_message_at, least(i.last_customer_message_at::timestamptz, now())),
      reply_channel_id = case when c.reply_address is null and i.reply_address is not null then i.reply_channel_id else c.reply_channel_id end,
      reply_kind = case when c.reply_address is null and i.reply_address is not null then i.reply_kind else c.reply_kind end,
      reply_address = coalesce(c.reply_address, i.reply_address),
      updated_at = now()
    from :threads as i
    where c.business_id = :business and c.id = i.id`,
});

/** Where the last turn is an adoption's, it becomes longer; elsewhere a new one begins where the last one ended. */
export const coverAdopted = defineQuery({
  name: "adopt.cover",
  role: "app",
  columns: {},
  params: {
    turns: rowsOf({ conversationId: "uuid", turnId: "uuid", coversFrom: "int8", coversTo: "int8", fence: "int8", isLonger: "bool" }),
  },
  text: `
    with input as (
      select * from :turns
    ), longer as (
      update turns t set covers_to = i.covers_to, finished_at = now()
      from input i
      where i.is_longer and t.business_id = :business and t.id = i.turn_id
    ), turn as (
      insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, fence, started_at, finished_at)
      select :business, i.turn_id, i.conversation_id, i.covers_from, i.covers_to, 'skipped', 'adopted', i.fence, now(), now()
      from input i where not i.is_longer
    )
    insert into lanes as l (business_id, conversation_id, kind, first_at, last_at, wanted, done)
    select :business, i.conversation_id, 'reply', now(), now(), i.covers_to, i.covers_to from input i
    order by i.conversation_id
    on conflict on constraint lanes_pkey do update set wanted = excluded.wanted, done = excluded.done`,
});
