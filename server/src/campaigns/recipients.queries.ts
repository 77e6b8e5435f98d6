// Owns: the SQL that reads a list into the rows of a campaign. Each statement runs under the lock of the campaign (campaigns.queries.ts).
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// What was read before is replaced; whoever still reads that finds another list id, and ends.
export const beginList = defineQuery({
  name: "campaigns.begin-list",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", listId: "uuid" },
  text: `
    with gone as (
      delete from campaign_recipients r where r.business_id = :business and r.campaign_id = :id
    )
    update campaigns as c set list_id = :listId, list_completed_at = null
    where c.business_id = :business and c.id = :id and c.state = 'draft'
    returning c.id`,
});

export const endList = defineQuery({
  name: "campaigns.end-list",
  role: "app",
  columns: {},
  params: { id: "uuid", listId: "uuid" },
  text: `
    update campaigns set list_completed_at = now()
    where business_id = :business and id = :id and list_id = :listId and state = 'draft'`,
});

/** The surviving conversation of each; none: there is none. */
export const listSurvivors = defineQuery({
  name: "campaigns.list-survivors",
  role: "app",
  columns: { asked: "uuid", id: "uuid", phone: "text?" },
  params: { ids: "uuid[]" },
  text: `
    select c.id as asked, coalesce(c.merged_into, c.id) as id, (
      select a.value from aliases a
      where a.business_id = :business and a.conversation_id = coalesce(c.merged_into, c.id) and a.kind = 'phone'
      order by a.created_at desc, a.value limit 1) as phone
    from conversations c
    where c.business_id = :business and c.id = any (:ids)`,
});

/** Answers the rows that were kept: of several rows of one customer the first. */
export const insertRecipients = defineQuery({
  name: "campaigns.insert-recipients",
  role: "app",
  columns: { position: "int4" },
  params: {
    id: "uuid",
    rows: rowsOf({
      position: "int4",
      address: "text",
      customer: "text?",
      conversationId: "uuid?",
      country: "text",
      fields: "jsonb",
      problem: "text?",
    }),
  },
  text: `
    insert into campaign_recipients as r (business_id, campaign_id, position, address, customer, conversation_id, country, fields, state, problem)
    select :business, :id, i.position, i.address, i.customer, i.conversation_id, i.country, i.fields, case when i.problem is null then 'ready' else 'bad' end, i.problem
    from :rows as i
    order by i.position
    on conflict on constraint uq_campaign_customer do nothing
    returning r.position`,
});

/** In which row each of these customers is. */
export const findRowsOfCustomers = defineQuery({
  name: "campaigns.find-rows-of-customers",
  role: "app",
  columns: { customer: "text", position: "int4" },
  params: { id: "uuid", customers: "text[]" },
  text: `
    select r.customer, r.position from campaign_recipients r
    where r.business_id = :business and r.campaign_id = :id and r.customer = any (:customers)`,
});

/** What is filled in for the first row from :from to :to that gets a message. */
export const findFields = defineQuery({
  name: "campaigns.find-fields",
  role: "app",
  columns: { fields: "jsonb" },
  params: { id: "uuid", from: "int4", to: "int4" },
  text: `
    select r.fields from campaign_recipients r
    where r.business_id = :business and r.campaign_id = :id and r.position between :from and :to and r.state <> 'bad'
    order by r.position limit 1`,
});

// A page of conversations by their ids, of which those are answered that are meant; the last row is none, and says how far the page went (null: nothing comes behind it).
// Pages of all and not of those that are meant: few among many would be looked for until a statement takes too long.
export const listCustomers = defineQuery({
  name: "campaigns.list-customers",
  role: "app",
  columns: {
    id: "uuid?",
    phone: "text?",
    lead_name: "text?",
    book_name: "text?",
    contact_name: "text?",
    contact_username: "text?",
    lead_id: "text?",
    facts: "jsonb?",
    seen_to: "uuid?",
    at: "timestamptz",
  },
  params: {
    sentFrom: "uuid",
    template: "text",
    language: "text",
    channelId: "uuid?",
    since: "timestamptz?",
    before: "timestamptz?",
    isOpen: "bool?",
    isOptedIn: "bool",
    until: "timestamptz?",
    after: "uuid",
    limit: "int4",
  },
  text: `
    with page as materialized (
      select c.id, c.merged_into, c.canonical_key, c.created_at, c.is_open, c.last_customer_message_at, c.reply_channel_id, c.reply_kind, c.opted_out_at,
        c.marketing_stopped_at, c.consent_word_at, c.marketing_word_at, c.lead_name, c.contact_name, c.contact_username, c.lead_id
      from conversations c
      where c.business_id = :business and c.id > :after
      order by c.id limit :limit
    ), template as materialized (
      select may_be_marketing(:business, ch.account_id, :template, :language) as is_marketing
      from channels ch where ch.business_id = :business and ch.id = :sentFrom
    ), meant as materialized (
      select p.* from page p cross join template t
      where p.merged_into is null and (:until is null or p.created_at <= :until) and p.canonical_key not like 'group:%' and coalesce(p.reply_kind not in ('group', 'lid'), true)
        and p.opted_out_at is null and (p.marketing_stopped_at is null or not t.is_marketing)
        and (:channelId is null or p.reply_channel_id = :channelId) and (:isOpen is null or p.is_open = :isOpen)
        and (:since is null or p.last_customer_message_at >= :since) and (:before is null or p.last_customer_message_at < :before)
        and (not :isOptedIn or p.marketing_stopped_at is null and (p.consent_word_at is not null or p.marketing_word_at is not null))
    )
    (select m.id, alias.phone, m.lead_name, book.name as book_name, m.contact_name, m.contact_username, m.lead_id, f.facts, null::uuid as seen_to, now() as at
    from meant m
    left join lateral (
      select (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'phone'))[1] as phone,
        (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'user'))[1] as user_id
      from aliases a where a.business_id = :business and a.conversation_id = m.id) alias on true
    left join lateral (
      select b.name from contact_book b
      where b.business_id = :business and (b.kind = 'phone' and b.value = alias.phone or b.kind = 'user' and b.value = alias.user_id) and b.name is not null
      order by b.at desc limit 1) book on true
    left join customer_facts f on f.business_id = :business and f.conversation_id = m.id
    where alias.phone is not null or m.reply_kind is not null
    order by m.id)
    union all
    select null, null, null, null, null, null, null, null, (select p.id from page p order by p.id desc limit 1), now()`,
});
