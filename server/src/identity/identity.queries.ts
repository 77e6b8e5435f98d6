// Owns: the statements of who is known: reading it, attaching and moving aliases, beginning a thread. They run inside one transaction of the
// application's role, after the conversations concerned were locked in the order of their canonical keys.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

export const findConversationByKey = defineQuery({
  name: "identity.find-conversation-by-key",
  role: "app",
  columns: { id: "uuid" },
  params: { canonicalKey: "text" },
  text: `select coalesce(c.merged_into, c.id) as id from conversations c where c.business_id = :business and c.canonical_key = :canonicalKey`,
});

export const lockConversations = defineQuery({
  name: "identity.lock-conversations",
  role: "app",
  columns: { id: "uuid", canonical_key: "text", merged_into: "uuid?", last_seq: "int8", lead_id: "text?" },
  params: { conversationIds: "uuid[]" },
  text: `
select c.id, c.canonical_key, c.merged_into, c.last_seq, c.lead_id
  from conversations c
 where c.business_id = :business and c.id = any (:conversationIds)
 order by c.canonical_key
   for no key update`,
});

export const listAliasesOfConversations = defineQuery({
  name: "identity.list-aliases-of-conversations",
  role: "app",
  columns: { conversation_id: "uuid", kind: "text", value: "text", scope: "text?", created_at: "timestamptz" },
  params: { conversationIds: "uuid[]" },
  text: `
select coalesce(c.merged_into, c.id) as conversation_id, a.kind, a.value, a.scope, a.created_at
  from conversations c
  join aliases a on a.business_id = :business and a.conversation_id = c.id
 where c.business_id = :business and (c.id = any (:conversationIds) or c.merged_into = any (:conversationIds))`,
});

// One that somebody else stored first is theirs, and is not counted: what leads to their thread has to be looked at again.
export const addAliases = defineQuery({
  name: "identity.add-aliases",
  role: "app",
  columns: {},
  params: {
    conversationId: "uuid",
    identifiers: rowsOf({ kind: "text", value: "text", scope: "text?", heldSince: "timestamptz?", heldUntil: "timestamptz?" }),
  },
  text: `
insert into aliases as a (business_id, kind, value, scope, conversation_id, created_at, held_since, held_until)
select :business, k.kind, k.value, k.scope, :conversationId, now(), k.held_since, k.held_until
  from :identifiers as k
 order by k.kind, k.value
on conflict on constraint aliases_pkey do nothing`,
});

// The caller has locked both conversations, the one that they led to and the one that they lead to from now on.
export const moveAliasesTo = defineQuery({
  name: "identity.move-aliases-to",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", identifiers: rowsOf({ kind: "text", value: "text", scope: "text?" }) },
  text: `
update aliases a set conversation_id = :conversationId, scope = coalesce(k.scope, a.scope), created_at = now(),
                     held_since = coalesce(a.held_until + interval '1 millisecond', a.held_since), held_until = null
  from :identifiers as k
 where a.business_id = :business and a.kind = k.kind and a.value = k.value`,
});

// Set only while there is none.
export const linkLead = defineQuery({
  name: "identity.link-lead",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", leadId: "text" },
  text: `
update conversations c set lead_id = :leadId, updated_at = now()
 where c.business_id = :business and c.id = :conversationId and c.lead_id is null`,
});

export const insertConversation = defineQuery({
  name: "identity.insert-conversation",
  role: "app",
  columns: { id: "uuid", canonical_key: "text" },
  params: { id: "uuid", canonicalKey: "text", at: "timestamptz" },
  text: `
insert into conversations as c (business_id, id, canonical_key, last_message_at, created_at, updated_at)
values (:business, :id, :canonicalKey, least(:at, now()), now(), now())
on conflict on constraint uq_wa_conv_canonical_key do nothing
returning c.id, c.canonical_key`,
});

// Threads of numbers of which nothing is known in any spelling, all at once; whoever is known, or was, is left out. Sorted as every writer of several is: by key, then by number.
// `has_number` is false where somebody stored the number first for another thread: then nothing of this may stay (conversations/begin-conversations.ts).
export const insertThreadsOfPhones = defineQuery({
  name: "identity.insert-threads-of-phones",
  role: "app",
  columns: { phone: "text", conversation_id: "uuid", has_number: "bool" },
  params: { phones: rowsOf({ phone: "text", canonicalKey: "text", id: "uuid" }), spellings: rowsOf({ phone: "text", value: "text" }) },
  text: `
with known as materialized (
  select s.phone from :spellings as s
    join aliases a on a.business_id = :business and a.kind = 'phone' and a.value = s.value
  union
  select i.phone from :phones as i
    join former_aliases f on f.business_id = :business and f.kind = 'phone' and f.value = i.phone
), asked as materialized (
  select i.phone, i.canonical_key, i.id from :phones as i where i.phone not in (select k.phone from known k)
), begun as (
  insert into conversations as c (business_id, id, canonical_key, last_message_at, created_at, updated_at)
  select :business, a.id, a.canonical_key, now(), now(), now() from asked a order by a.canonical_key
  on conflict on constraint uq_wa_conv_canonical_key do nothing
  returning c.id
), alias as (
  insert into aliases as a (business_id, kind, value, conversation_id, created_at)
  select :business, 'phone', n.phone, b.id, now() from begun b join asked n on n.id = b.id order by n.phone
  on conflict on constraint aliases_pkey do nothing
  returning a.conversation_id
)
select n.phone, b.id as conversation_id, b.id in (select x.conversation_id from alias x) as has_number
  from begun b join asked n on n.id = b.id`,
});

/** Where a user id of this business may be valid: one scope for each account of the Cloud API. */
export const listScopes = defineQuery({
  name: "identity.list-scopes",
  role: "app",
  columns: { scope: "text" },
  params: {},
  text: `
select distinct coalesce(ch.account_id, ch.id::text) as scope
  from channels ch
 where ch.business_id = :business and ch.provider = 'cloud'`,
});
