// Owns: the SQL with which a slice of a campaign becomes messages. Lock order: campaign → conversation → lane → message. Refuses to know: what may leave (deliver.queries.ts).
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";
import { raiseLanes } from "../lanes/raise-lanes.ts";

// Of each business the one that waits longest, then the second of each: whoever has many takes turns with whoever has one.
export const listDueCampaignsAcrossBusinesses = defineQuery({
  name: "campaigns.list-due-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid" },
  params: {},
  text: `
    select d.business_id, d.id
    from (select c.business_id, c.id, c.due_at, row_number() over (partition by c.business_id order by c.due_at, c.id) as turn
          from campaigns c where c.due_at <= now()) d
    order by d.turn, d.due_at, d.id limit 500`,
});

// Nothing: it is not due any more, or somebody releases it at this moment.
export const claimCampaign = defineQuery({
  name: "campaigns.claim",
  role: "app",
  columns: {
    id: "uuid",
    channel_id: "uuid",
    template: "jsonb",
    quiet_hours: "jsonb?",
    error_share: "float8?",
    template_version: "int4?",
    template_category: "text?",
    watched_from: "timestamptz?",
    now: "timestamptz",
  },
  params: { id: "uuid" },
  text: `
    select c.id, c.channel_id, c.template, c.quiet_hours, c.error_share, c.template_version, c.template_category, c.watched_from, now() as now
    from campaigns c
    where c.business_id = :business and c.id = :id and c.state = 'started' and c.due_at <= now()
    for no key update skip locked`,
});

// Of the thousand that left last: what of it still waits, and whether it is going well. A message that a refusal of the account keeps waiting has its code already.
export const watchReleased = defineQuery({
  name: "campaigns.watch-released",
  role: "app",
  columns: { waiting: "int8", known: "int8", failed: "int8", stop_code: "text?" },
  params: { id: "uuid", since: "timestamptz?", stopCodes: "text[]", harmless: "text[]" },
  text: `
    select count(*) filter (where m.status in ('queued', 'sending')) as waiting,
      count(*) filter (where m.status not in ('queued', 'sending', 'cancelled') and r.released_at >= :since) as known,
      count(*) filter (where m.status = 'failed' and m.error_code <> all (:harmless) and r.released_at >= :since) as failed,
      min(m.error_code) filter (where m.error_code = any (:stopCodes) and m.status in ('failed', 'queued') and coalesce(m.failed_at, m.attempted_at) >= :since) as stop_code
    from (
      select r.message_id, r.released_at from campaign_recipients r
      where r.business_id = :business and r.campaign_id = :id and r.released_at is not null
      order by r.released_at desc limit 1000) r
    join messages m on m.business_id = :business and m.id = r.message_id`,
});

/** Of which there are rows left, each once, however many. */
export const listReadyCountries = defineQuery({
  name: "campaigns.list-ready-countries",
  role: "app",
  columns: { country: "text", is_due: "bool", due_at: "timestamptz?" },
  params: { id: "uuid" },
  text: `
    with recursive countries (country) as (
      (select r.country from campaign_recipients r
        where r.business_id = :business and r.campaign_id = :id and r.state = 'ready' order by r.country limit 1)
      union all
      select (select r.country from campaign_recipients r
        where r.business_id = :business and r.campaign_id = :id and r.state = 'ready' and r.country > c.country order by r.country limit 1)
      from countries c where c.country is not null
    )
    select c.country, first.not_before <= now() as is_due, case when first.not_before > now() then first.not_before end as due_at
    from countries c
    cross join lateral (
      select r.not_before from campaign_recipients r
      where r.business_id = :business and r.campaign_id = :id and r.state = 'ready' and r.country = c.country
      order by r.not_before limit 1) first
    where c.country is not null`,
});

const READY = "r.business_id = :business and r.campaign_id = :id and r.state = 'ready' and r.country = :country and r.not_before <= now()";

/** Of rows next in line, those that have no conversation yet. */
export const listUnplaced = defineQuery({
  name: "campaigns.list-unplaced",
  role: "app",
  columns: { position: "int4", address: "text" },
  params: { id: "uuid", country: "text", limit: "int4" },
  text: `
    select n.position, n.address
    from (select r.position, r.address, r.conversation_id from campaign_recipients r where ${READY} order by r.not_before, r.position limit :limit) n
    where n.conversation_id is null`,
});

// Of two rows that turned out to be one customer's the first gets the message: the second is passed over. `customer` is the id as text: cast here, row-level security would
// keep it from the index, and each row would read the whole list (seconds for a slice of 1,200 rows, 2026-11-30).
export const placeRecipients = defineQuery({
  name: "campaigns.place-recipients",
  role: "app",
  columns: { position: "int4", state: "text" },
  params: { id: "uuid", rows: rowsOf({ position: "int4", conversationId: "uuid", customer: "text" }) },
  text: `
    with placed as materialized (
      select i.position, i.conversation_id, i.customer,
        row_number() over (partition by i.conversation_id order by i.position) > 1 or exists (
          select from campaign_recipients o
          where o.business_id = :business and o.campaign_id = :id and o.customer = i.customer and o.position <> i.position) as is_double
      from :rows as i
    )
    update campaign_recipients as r set
      customer = case when p.is_double then null else p.customer end,
      conversation_id = case when p.is_double then null else p.conversation_id end,
      state = case when p.is_double then 'skipped' else 'ready' end,
      problem = case when p.is_double then 'same_customer' end
    from placed p
    where r.business_id = :business and r.campaign_id = :id and r.position = p.position and r.state = 'ready'
    returning r.position, r.state`,
});

export const postponeRecipient = defineQuery({
  name: "campaigns.postpone-recipient",
  role: "app",
  columns: {},
  params: { id: "uuid", position: "int4" },
  text: `
    update campaign_recipients set not_before = now() + interval '1 minute'
    where business_id = :business and campaign_id = :id and position = :position and state = 'ready'`,
});

/** The rows next in line, those that have a conversation. `has_arrived`: of a row that was to be sent once more, the message before it arrived after all. */
export const listNextRecipients = defineQuery({
  name: "campaigns.list-next-recipients",
  role: "app",
  columns: { position: "int4", conversation_id: "uuid", survivor_id: "uuid", fields: "jsonb", has_arrived: "bool" },
  params: { id: "uuid", country: "text", limit: "int4" },
  text: `
    select n.position, n.conversation_id, coalesce(c.merged_into, c.id) as survivor_id, n.fields, coalesce(p.status <> 'failed', false) as has_arrived
    from (
      select r.position, r.conversation_id, r.fields, r.previous_message_id from campaign_recipients r
      where ${READY} order by r.not_before, r.position limit :limit) n
    join conversations c on c.business_id = :business and c.id = n.conversation_id
    left join messages p on p.business_id = :business and p.id = n.previous_message_id`,
});

/** What forbids it by now, under the row lock of each; null: nothing. A conversation that was merged away meanwhile is left out: its row comes again. */
export const lockRecipients = defineQuery({
  name: "campaigns.lock-recipients",
  role: "app",
  columns: { id: "uuid", obstacle: "text?" },
  params: { ids: "uuid[]", channelId: "uuid", template: "text", language: "text" },
  text: `
    with locked as materialized (
      select c.id, c.opted_out_at, c.marketing_stopped_at, c.last_customer_message_at, c.reply_kind, c.reply_address, c.reply_channel_id
      from conversations c
      where c.business_id = :business and c.id = any (:ids) and c.merged_into is null
      order by c.id
      for no key update of c
    )
    select c.id, case
        when opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, true) then 'opted_out'
        when c.marketing_stopped_at is not null and may_be_marketing(:business, ch.account_id, :template, :language) then 'marketing_stopped'
        when c.reply_kind = 'group' then 'no_address'
        -- What a gateway calls somebody is nothing to the Cloud API.
        when c.reply_address is not null and c.reply_kind = 'lid' then 'no_address'
        when c.reply_address is null and not exists (
          select from aliases a where a.business_id = :business and a.conversation_id = c.id and a.kind = 'phone') then 'no_address' end as obstacle
    from locked c
    join businesses b on b.id = :business
    join channels ch on ch.business_id = :business and ch.id = :channelId`,
});

export const skipRecipients = defineQuery({
  name: "campaigns.skip-recipients",
  role: "app",
  columns: {},
  params: { id: "uuid", rows: rowsOf({ position: "int4", problem: "text" }) },
  text: `
    update campaign_recipients as r set state = 'skipped', problem = i.problem
    from :rows as i
    where r.business_id = :business and r.campaign_id = :id and r.position = i.position and r.state = 'ready'`,
});

/** The message before it counts again. */
export const restoreRecipients = defineQuery({
  name: "campaigns.restore-recipients",
  role: "app",
  columns: {},
  params: { id: "uuid", positions: "int4[]" },
  text: `
    update campaign_recipients as r set state = 'released', message_id = r.previous_message_id, released_at = now(), previous_message_id = null
    where r.business_id = :business and r.campaign_id = :id and r.position = any (:positions) and r.state = 'ready' and r.previous_message_id is not null`,
});

// The messages of some rows, as the last part of a `with`: conversation, lane and message change together. Who has never written is reached at the number that the business
// knows of them, from the number of the campaign.
const madeMessages = (campaignId: string): string => `due as materialized (
      select i.*, a.value as phone
      from :rows as i
      left join lateral (
        select a.value from aliases a
        where a.business_id = :business and a.conversation_id = i.conversation_id and a.kind = 'phone'
        order by a.created_at desc, a.value limit 1) a on true
    ), conversation as (
      update conversations as c set
        last_seq = c.last_seq + 1,
        last_message_at = greatest(c.last_message_at, now()),
        reply_channel_id = case when c.reply_address is null then :channelId else c.reply_channel_id end,
        reply_kind = case when c.reply_address is null then 'phone' else c.reply_kind end,
        reply_address = coalesce(c.reply_address, d.phone),
        updated_at = now()
      from due d
      where c.business_id = :business and c.id = d.conversation_id and c.merged_into is null
      returning c.id, c.last_seq
    ), lane as (
      ${raiseLanes(`
      select :business, c.id, 'send', now(), now(), now(), c.last_seq
      from conversation c
      order by c.id`)}
      returning l.conversation_id
    ), stored as (
      insert into messages as m (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status, campaign_id)
      select :business, d.message_id, c.id, c.last_seq, :channelId, 'out', 'api', 'template', d.text, d.content, now(), now(), 'queued', ${campaignId}
      from lane l
      join conversation c on c.id = l.conversation_id
      join due d on d.conversation_id = c.id
      returning m.id, m.conversation_id
    )`;

const messageFields = { conversationId: "uuid", messageId: "uuid", text: "text?", content: "jsonb" } as const;

// One statement: message and the row of the list change together, so a row that has a message is never ready again, whatever dies when.
export const releaseRecipients = defineQuery({
  name: "campaigns.release-recipients",
  role: "app",
  columns: { position: "int4" },
  params: { id: "uuid", channelId: "uuid", rows: rowsOf({ position: "int4", ...messageFields }) },
  text: `
    with ${madeMessages(":id")}
    update campaign_recipients as r set state = 'released', message_id = s.id, conversation_id = s.conversation_id, released_at = now(), attempts = r.attempts + 1
    from due d
    join stored s on s.id = d.message_id
    where r.business_id = :business and r.campaign_id = :id and r.position = d.position and r.state = 'ready'
    returning r.position`,
});

/** Of no row, and of no campaign: it is in no count. */
export const insertTestMessage = defineQuery({
  name: "campaigns.insert-test-message",
  role: "app",
  columns: { id: "uuid" },
  params: { channelId: "uuid", rows: rowsOf(messageFields) },
  text: `
    with ${madeMessages("null")}
    select s.id from stored s`,
});

export const setCampaignDue = defineQuery({
  name: "campaigns.set-due",
  role: "app",
  columns: {},
  params: { id: "uuid", dueAt: "timestamptz" },
  text: "update campaigns set due_at = :dueAt where business_id = :business and id = :id and state = 'started'",
});

// Everything has left: nothing is to be released any more. Whether it has finished is asked of its rows.
export const endRelease = defineQuery({
  name: "campaigns.end-release",
  role: "app",
  columns: {},
  params: { id: "uuid", eventId: "uuid" },
  text: `
    with ended as (
      update campaigns as c set due_at = null
      where c.business_id = :business and c.id = :id and c.state = 'started' and c.due_at is not null
      returning c.id
    )
    insert into events (business_id, id, type, subject_id, data, at)
    select :business, :eventId, 'campaign.released', e.id, '{}', now() from ended e`,
});
