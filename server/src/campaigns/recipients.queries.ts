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
