// Owns: the SQL that reads conversations for people and programs.
import { defineQuery } from "../db/query.ts";

const shownColumns = {
  id: "uuid",
  canonical_key: "text",
  contact_name: "text?",
  contact_username: "text?",
  lead_name: "text?",
  lead_id: "text?",
  book_name: "text?",
  owner: "text?",
  owner_role: "text?",
  owner_told_by: "text?",
  owner_at: "timestamptz?",
  owner_context: "jsonb?",
  request_action: "text?",
  request_role: "text?",
  request_at: "timestamptz?",
  phone: "text?",
  user_id: "text?",
  is_open: "bool",
  ai_paused_at: "timestamptz?",
  ai_paused_reason: "text?",
  ai_paused_until: "timestamptz?",
  opted_out_at: "timestamptz?",
  opt_out_forbids: "bool",
  marketing_stopped_at: "timestamptz?",
  channel_id: "uuid?",
  last_message_at: "timestamptz",
  last_customer_message_at: "timestamptz?",
  window_closes_at: "timestamptz?",
  has_window: "bool",
  created_at: "timestamptz",
  last_text: "text?",
  last_direction: "text?",
  last_type: "text?",
  last_sent_at: "timestamptz?",
  turn_id: "uuid?",
  turn_state: "text?",
  turn_reason: "text?",
  turn_finished_at: "timestamptz?",
  cursor_at: "text",
} as const;

/** `conversations`: what there is in it as `c`. */
const shown = (conversations: string): string => `
    select c.id, c.canonical_key, c.contact_name, c.contact_username, c.lead_name, c.lead_id, book.name as book_name,
      thread_owner(:business, c.id, o.owner, o.at, c.last_customer_message_at, now()) as owner, o.role as owner_role, o.told_by as owner_told_by, o.at as owner_at, o.context as owner_context,
      request.action as request_action, request.role as request_role, request.at as request_at, alias.phone, alias.user_id, c.is_open,
      case when pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) then c.ai_paused_at end as ai_paused_at, c.ai_paused_reason,
      pause_ends_at(c.ai_paused_at, b.handoff_pause_ms) as ai_paused_until, c.opted_out_at,
      opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, false), c.marketing_stopped_at,
      c.reply_channel_id as channel_id, c.last_message_at, c.last_customer_message_at,
      greatest(window_closes_at(c.last_customer_message_at, channel.provider), entry_window_until(:business, c.id, channel.id, now())) as window_closes_at, has_window(channel.provider) as has_window, c.created_at,
      last.text as last_text, last.direction as last_direction, last.type as last_type, last.sent_at as last_sent_at,
      turn.id as turn_id, turn.state as turn_state, turn.reason as turn_reason, turn.finished_at as turn_finished_at,
      c.last_message_at::text as cursor_at
    from ${conversations} c
    join businesses b on b.id = :business
    left join channels channel on channel.business_id = :business and channel.id = c.reply_channel_id
    left join lateral (
      select (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'phone'))[1] as phone,
        (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'user'))[1] as user_id
      from aliases a
      where a.business_id = :business and a.conversation_id = c.id
    ) alias on true
    left join lateral (
      select b.name from contact_book b
      where b.business_id = :business and (b.kind = 'phone' and b.value = alias.phone or b.kind = 'user' and b.value = alias.user_id) and b.name is not null
      order by b.at desc limit 1
    ) book on true
    left join thread_owners o on o.business_id = :business and o.conversation_id = c.id
    -- Whatever was heard since says what became of it.
    left join thread_requests request on request.business_id = :business and request.conversation_id = c.id and request.state = 'asked'
      and request.at > greatest(o.at, c.last_customer_message_at, now() - interval '24 hours')
    left join lateral (
      select m.text, m.direction, m.type, m.sent_at from messages m where m.business_id = :business and m.conversation_id = c.id
      order by m.sent_at desc, m.seq desc limit 1
    ) last on true
    left join lateral (
      select t.id, t.state, t.reason, t.finished_at from turns t where t.business_id = :business and t.conversation_id = c.id
      order by t.covers_to desc limit 1
    ) turn on true`;

const filterParams = { beforeAt: "text", beforeId: "uuid", isOpen: "bool?", channelId: "uuid?", limit: "int4" } as const;

// Keyset paging: the comparison of rows is one index condition. The time of a cursor travels as text: a JavaScript Date would cut its microseconds.
const IN_LIST = "c.business_id = :business and c.merged_into is null and (c.last_message_at, c.id) < (:beforeAt::timestamptz, :beforeId)";
const RECENT_FIRST = "order by c.last_message_at desc, c.id desc limit :limit";

/**
 * A page, each row of which satisfies `condition`. Without a filter it goes along ix_conversation_recent. With one, a page of each channel (and of those
 * without one), open and closed, comes from ix_conversation_filtered, and the most recent of these are the page: few channels, few rows.
 */
const pageWhere = (condition: string): string => `(
      (select c.* from conversations c
        where ${IN_LIST} and :isOpen is null and :channelId is null and ${condition}
        ${RECENT_FIRST})
      union all
      select c.*
      from (select ch.id from channels ch where ch.business_id = :business and (:channelId is null or ch.id = :channelId)
            union all select channel_or_none(null) where :channelId is null) channel
      cross join (values (true), (false)) state (is_open)
      cross join lateral (
        select c.* from conversations c
        where ${IN_LIST} and channel_or_none(c.reply_channel_id) = channel.id and c.is_open = state.is_open and ${condition}
        ${RECENT_FIRST}) c
      where (:isOpen is not null or :channelId is not null) and (:isOpen is null or state.is_open = :isOpen)
      order by last_message_at desc, id desc limit :limit)`;

export const listConversations = defineQuery({
  name: "conversations.list",
  role: "app",
  columns: shownColumns,
  params: filterParams,
  text: `${shown(pageWhere("true"))}
    order by c.last_message_at desc, c.id desc`,
});

/** Where more conversations than these are found, the list is gone along instead: then the next of them is never far. */
const MANY = 5_000;
const NAMED = "n.business_id = :business and n.name >= w.name and n.name < w.beyond";
const PHONES = "a.business_id = :business and a.kind = 'phone'";

/** A number has fewer digits: all that begin with the same ones are between these and these with nines behind them, in every order of texts. */
const NINES = "999999999999999";

/**
 * `name` begins a word of a name; `phone` is a number, and `phonePart` a part of one: both may be null. A part is looked for where people mostly have it from: the end
 * of a number, its beginning, and its beginning without the country code, each of which is a range of an index. Where nothing is found so, all numbers of the business
 * are looked through for `phoneAnywhere`, which may be null.
 */
export const searchConversations = defineQuery({
  name: "conversations.search",
  role: "app",
  columns: shownColumns,
  params: { ...filterParams, name: "text", phone: "text?", phonePart: "text?", phoneAnywhere: "text?", countryCodes: "text[]" },
  text: `
    with wanted as materialized (
      -- Both ends are columns: an expression of columns is no condition of an index here.
      select f.name, f.name || chr(1114111) as beyond from (select left(fold_name(:name), 64) as name) f where f.name <> ''
    ), ending as materialized (
      select e.digits, e.digits || ':' as beyond from (select reverse(:phonePart) as digits) e where e.digits is not null
    ), beginning as materialized (
      select c.code || :phonePart as digits, c.code || :phonePart || '${NINES}' as last
      from (select '' as code union all select * from unnest(:countryCodes)) c where :phonePart is not null
    ), numbered as materialized (
      select a.conversation_id as id from aliases a where ${PHONES} and a.value = :phone
      union
      select a.conversation_id from ending e cross join lateral (
        select a.conversation_id from aliases a
        where a.business_id = :business and a.phone_reversed >= e.digits and a.phone_reversed < e.beyond limit ${String(MANY)}) a
      union
      (select a.conversation_id from beginning b cross join lateral (
        select a.conversation_id from aliases a where ${PHONES} and a.value >= b.digits and a.value <= b.last limit ${String(MANY)}) a
       limit ${String(MANY)})
    ), found as materialized (
      (select n.conversation_id as id from wanted w join conversation_names n on ${NAMED} limit ${String(MANY)})
      union
      -- By what they are called in the business's address book.
      select a.conversation_id
      from (select n.kind, n.value from wanted w join contact_book_names n on ${NAMED} limit ${String(MANY)}) n
      join aliases a on a.business_id = :business and a.kind = n.kind and a.value = n.value
      union
      select id from numbered
      union
      -- Their index alone is read.
      select a.conversation_id
      from (select a.value from aliases a
            where not exists (select from numbered) and :phoneAnywhere is not null and ${PHONES} and strpos(a.value, :phoneAnywhere) > 0 limit ${String(MANY)}) p
      cross join lateral (select a.conversation_id from aliases a where ${PHONES} and a.value = p.value limit 1) a
    ), size as materialized (
      select count(*) >= ${String(MANY)} as is_many from found
    ), page as (
      (select c.* from found f
        cross join lateral (select c.* from conversations c where c.business_id = :business and c.id = f.id limit 1) c
        where not (select is_many from size) and ${IN_LIST}
          and (:isOpen is null or c.is_open = :isOpen) and (:channelId is null or c.reply_channel_id = :channelId)
        ${RECENT_FIRST})
      union all
      select * from ${pageWhere(`(select is_many from size) and (
          exists (select from wanted w join conversation_names n on ${NAMED} where n.conversation_id = c.id)
          or exists (
            select from aliases a
            join contact_book_names n on n.business_id = :business and n.kind = a.kind and n.value = a.value
            join wanted w on n.name >= w.name and n.name < w.beyond
            where a.business_id = :business and a.conversation_id = c.id)
          or (:phone is not null or :phonePart is not null) and exists (
            select from aliases a where a.conversation_id = c.id and ${PHONES} and (a.value = :phone or strpos(a.value, :phonePart) > 0)))`)} many
    )
    ${shown("page")}
    order by c.last_message_at desc, c.id desc`,
});

export const findConversation = defineQuery({
  name: "conversations.find",
  role: "app",
  columns: shownColumns,
  params: { conversationId: "uuid" },
  text: `${shown("conversations")}
    where c.business_id = :business and c.id = :conversationId`,
});
