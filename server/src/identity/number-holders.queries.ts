// Owns: the statements about who had a phone number when. They run inside the transaction that locks every thread concerned.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

/** Of a number, also those of its former holders. */
export const findConversationsOfAliases = defineQuery({
  name: "identity.find-conversations-of-aliases",
  role: "app",
  columns: { id: "uuid" },
  params: { identifiers: rowsOf({ kind: "text", value: "text" }) },
  text: `
with held as (
  select a.conversation_id from :identifiers as k
    join aliases a on a.business_id = :business and a.kind = k.kind and a.value = k.value
  union
  select f.conversation_id from :identifiers as k
    join former_aliases f on f.business_id = :business and f.kind = k.kind and f.value = k.value
)
select distinct coalesce(c.merged_into, c.id) as id
  from held h
  join conversations c on c.business_id = :business and c.id = h.conversation_id`,
});

// Former holders had the number before; a thread that was merged away answers with its winner.
export const listTenures = defineQuery({
  name: "identity.list-tenures",
  role: "app",
  columns: {
    value: "text",
    conversation_id: "uuid",
    held_since: "timestamptz?",
    held_until: "timestamptz?",
    is_current: "bool",
    begun_at: "timestamptz",
  },
  params: { numbers: "text[]" },
  text: `
with tenure as (
  select a.value, a.conversation_id, a.held_since, a.held_until, true as is_current
    from aliases a where a.business_id = :business and a.kind = 'phone' and a.value = any (:numbers)
  union all
  select f.value, f.conversation_id, f.held_since, f.held_until, false
    from former_aliases f where f.business_id = :business and f.kind = 'phone' and f.value = any (:numbers)
), surviving as materialized (
  -- A column: by an expression of columns all conversations of the business would be read.
  select t.*, coalesce(c.merged_into, c.id) as winner_id
    from tenure t
    join conversations c on c.business_id = :business and c.id = t.conversation_id
)
select t.value, w.id as conversation_id, t.held_since, t.held_until, t.is_current,
       coalesce((select m.sent_at from messages m where m.business_id = :business and m.conversation_id = w.id order by m.sent_at, m.seq limit 1),
                w.created_at) as begun_at
  from surviving t
  join conversations w on w.business_id = :business and w.id = t.winner_id
 order by t.is_current desc, t.held_until desc`,
});

// The number leads to `conversationId` from `since` on. Whoever had it until then is a former holder.
export const takeNumber = defineQuery({
  name: "identity.take-number",
  role: "app",
  columns: {},
  params: { number: "text", conversationId: "uuid", since: "timestamptz" },
  text: `
with before as (
  select a.* from aliases a where a.business_id = :business and a.kind = 'phone' and a.value = :number
), retired as (
  insert into former_aliases (business_id, kind, value, conversation_id, held_since, held_until)
  select b.business_id, b.kind, b.value, b.conversation_id, b.held_since, u.held_until
    from before b
    cross join lateral (select least(b.held_until, :since - interval '1 millisecond') as held_until) u
   where b.held_since is null or b.held_since <= u.held_until
  on conflict on constraint former_aliases_pkey do nothing
)
update aliases a set conversation_id = :conversationId, held_since = :since, held_until = null, created_at = now()
 where a.business_id = :business and a.kind = 'phone' and a.value = :number`,
});

export const addFormerHolder = defineQuery({
  name: "identity.add-former-holder",
  role: "app",
  columns: {},
  params: { number: "text", conversationId: "uuid", since: "timestamptz?", until: "timestamptz" },
  text: `
insert into former_aliases as f (business_id, kind, value, conversation_id, held_since, held_until)
values (:business, 'phone', :number, :conversationId, :since, :until)
on conflict on constraint former_aliases_pkey do nothing`,
});

/** Of its present holder; null leaves an end as it is. */
export const boundTenure = defineQuery({
  name: "identity.bound-tenure",
  role: "app",
  columns: {},
  params: { number: "text", since: "timestamptz?", until: "timestamptz?" },
  text: `
update aliases a set held_since = coalesce(:since, a.held_since), held_until = coalesce(:until, a.held_until)
 where a.business_id = :business and a.kind = 'phone' and a.value = :number`,
});

/** Of whoever had the number until `heldUntil`; null leaves an end as it is. */
export const boundFormerTenure = defineQuery({
  name: "identity.bound-former-tenure",
  role: "app",
  columns: {},
  params: { number: "text", heldUntil: "timestamptz", since: "timestamptz?", until: "timestamptz?" },
  text: `
update former_aliases f set held_since = coalesce(:since, f.held_since), held_until = coalesce(:until, f.held_until)
 where f.business_id = :business and f.kind = 'phone' and f.value = :number and f.held_until = :heldUntil`,
});
