// Owns: the SQL of campaigns as people see and change them. Lock order: campaign → conversation → lane → channel → message. Whoever changes a campaign, its list or what it
// releases holds its row. Refuses to know: how it is released (release.queries.ts), and how its list is read (recipients.queries.ts).
import { defineQuery } from "../db/query.ts";

export const insertCampaign = defineQuery({
  name: "campaigns.insert",
  role: "app",
  columns: { id: "uuid" },
  params: {
    id: "uuid",
    name: "text",
    channelId: "uuid",
    template: "jsonb",
    quietHours: "jsonb?",
    errorShare: "float8?",
    startAt: "timestamptz?",
    eventId: "uuid",
  },
  text: `
    with made as (
      insert into campaigns (business_id, id, name, channel_id, template, quiet_hours, error_share, start_at)
      values (:business, :id, :name, :channelId, :template, :quietHours, :errorShare, :startAt)
      returning id, channel_id
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.created', m.id, jsonb_build_object('channelId', m.channel_id), now() from made m
    )
    select m.id from made m`,
});

const shownColumns = {
  id: "uuid",
  name: "text",
  channel_id: "uuid",
  template: "jsonb",
  state: "text",
  list_completed_at: "timestamptz?",
  quiet_hours: "jsonb?",
  error_share: "float8?",
  start_at: "timestamptz?",
  is_scheduled: "bool",
  started_at: "timestamptz?",
  paused_at: "timestamptz?",
  pause_reason: "text?",
  pause_code: "text?",
  cancelled_at: "timestamptz?",
  created_at: "timestamptz",
  cursor_at: "text",
} as const;

const SHOWN = `c.id, c.name, c.channel_id, c.template, c.state, c.list_completed_at, c.quiet_hours, c.error_share, c.start_at,
      coalesce(c.start_at > now(), false) as is_scheduled, c.started_at, c.paused_at, c.pause_reason, c.pause_code, c.cancelled_at, c.created_at,
      c.created_at::text as cursor_at`;

export const findCampaign = defineQuery({
  name: "campaigns.find",
  role: "app",
  columns: shownColumns,
  params: { id: "uuid" },
  text: `select ${SHOWN} from campaigns c where c.business_id = :business and c.id = :id`,
});

export const listCampaigns = defineQuery({
  name: "campaigns.list",
  role: "app",
  columns: shownColumns,
  params: { beforeAt: "text", beforeId: "uuid", limit: "int4" },
  text: `
    select ${SHOWN} from campaigns c
    where c.business_id = :business and (c.created_at, c.id) < (:beforeAt::timestamptz, :beforeId)
    order by c.created_at desc, c.id desc
    limit :limit`,
});

/** What a row is in: its message's status once it has one. */
const ROW_STATE = `case when r.state = 'released' then case when m.status = 'accepted' and m.held_at is not null then 'held' else m.status end when r.state = 'ready' and c.state = 'cancelled' then 'cancelled' else r.state end`;

/**
 * `m`: the message that says what became of a row. It is the newest, unless that failed and the one before it (which was sent again while nobody knew of it, or was said to have failed)
 * arrived after all.
 */
const MESSAGE_OF_ROW = `left join messages l on l.business_id = :business and l.id = r.message_id
    left join lateral (
      select q.id, q.status, q.conversation_id from messages q
      where q.business_id = :business and l.status = 'failed' and q.id = r.previous_message_id and q.status in ('sent', 'delivered', 'read', 'played')
      limit 1) p on true
    cross join lateral (
      select coalesce(p.id, l.id) as id, coalesce(p.status, l.status) as status, coalesce(p.conversation_id, l.conversation_id) as conversation_id, l.held_at,
        case when p.id is null then l.error_code end as error_code, case when p.id is null then l.error_text end as error_text) m`;

// Each row once, by what is true at this moment: nothing is counted anywhere else.
export const countRows = defineQuery({
  name: "campaigns.count-rows",
  role: "app",
  columns: { campaign_id: "uuid", state: "text", rows: "int8" },
  params: { ids: "uuid[]" },
  text: `
    select r.campaign_id, ${ROW_STATE} as state, count(*) as rows
    from campaigns c
    join campaign_recipients r on r.business_id = :business and r.campaign_id = c.id
    ${MESSAGE_OF_ROW}
    where c.business_id = :business and c.id = any (:ids)
    group by 1, 2`,
});

export const countFailures = defineQuery({
  name: "campaigns.count-failures",
  role: "app",
  columns: { state: "text", code: "text", sentence: "text?", rows: "int8" },
  params: { id: "uuid" },
  text: `
    select r.state, case when r.state = 'skipped' then r.problem else coalesce(m.error_code, 'unknown') end as code, min(m.error_text) as sentence, count(*) as rows
    from campaign_recipients r
    ${MESSAGE_OF_ROW}
    where r.business_id = :business and r.campaign_id = :id and (r.state = 'skipped' or m.status = 'failed')
    group by 1, 2
    order by 4 desc, 2`,
});

/** With a state only the rows that are in it. The bad ones have an index of their own. */
export const listRecipients = defineQuery({
  name: "campaigns.list-recipients",
  role: "app",
  columns: {
    position: "int4",
    address: "text",
    state: "text",
    problem: "text?",
    code: "text?",
    conversation_id: "uuid?",
    message_id: "uuid?",
    fields: "jsonb",
    attempts: "int2",
    not_before: "timestamptz?",
    released_at: "timestamptz?",
  },
  params: { id: "uuid", after: "int4", state: "text?", limit: "int4" },
  text: `
    select r.position, r.address, ${ROW_STATE} as state, coalesce(r.problem, m.error_text) as problem, m.error_code as code,
      coalesce(m.conversation_id, r.conversation_id) as conversation_id, m.id as message_id, r.fields, r.attempts,
      case when r.state = 'ready' and r.not_before > '-infinity' then r.not_before end as not_before, r.released_at
    from campaigns c
    join campaign_recipients r on r.business_id = :business and r.campaign_id = c.id
    ${MESSAGE_OF_ROW}
    where c.business_id = :business and c.id = :id and r.position > :after and (:state is null or ${ROW_STATE} = :state)
    order by r.position
    limit :limit`,
});

export const listBadRecipients = defineQuery({
  name: "campaigns.list-bad-recipients",
  role: "app",
  columns: { position: "int4", address: "text", problem: "text" },
  params: { id: "uuid", limit: "int4" },
  text: `
    select r.position, r.address, r.problem
    from campaign_recipients r
    where r.business_id = :business and r.campaign_id = :id and r.state = 'bad'
    order by r.position
    limit :limit`,
});

export const lockCampaign = defineQuery({
  name: "campaigns.lock",
  role: "app",
  columns: {
    state: "text",
    channel_id: "uuid",
    template: "jsonb",
    list_id: "uuid?",
    quiet_hours: "jsonb?",
  },
  params: { id: "uuid" },
  text: `
    select c.state, c.channel_id, c.template, c.list_id, c.quiet_hours
    from campaigns c
    where c.business_id = :business and c.id = :id
    for no key update`,
});

/** What is known of a number and of a template there. None: there is no such number of the Cloud API. */
export const findTemplateOfChannel = defineQuery({
  name: "campaigns.find-template-of-channel",
  role: "app",
  columns: {
    provider: "text",
    account_id: "text?",
    is_stopped: "bool",
    copy: "jsonb?",
    version: "int4?",
    category: "text?",
    obstacle: "text?",
    reason: "text?",
    paused_until: "timestamptz?",
    sends_per_second: "int4?",
    limit: "text?",
    limit_sentence: "text?",
  },
  params: { channelId: "uuid", name: "text", language: "text" },
  text: `
    select ch.provider, ch.account_id, ch.stopped_at is not null as is_stopped,
      case when t.components is not null then jsonb_build_object('components', t.components, 'format', t.parameter_format, 'category', t.category) end as copy,
      t.version, t.category, obstacle_of_template(:business, ch.account_id, t.name, t.language, now()) as obstacle, t.reason, t.paused_until,
      number_rate(ch.provider, ch.sends_per_second, ch.throughput_level, ch.is_on_app, number_is_upgraded(:business, ch.id)) as sends_per_second,
      limits.state as limit, limits.sentence as limit_sentence
    from channels ch
    left join template_states t on t.business_id = :business and t.account_id = ch.account_id and t.name = :name and t.language = :language
    left join lateral (
      select s.state, s.sentence from channel_signals s
      where s.business_id = :business and s.channel_id = ch.id and s.aspect in ('capability', 'limit') and s.state <> ''
      order by s.aspect = 'limit', s.at desc limit 1) limits on true
    where ch.business_id = :business and ch.id = :channelId`,
});

export const startCampaign = defineQuery({
  name: "campaigns.start",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", startAt: "timestamptz?", version: "int4?", category: "text?", eventId: "uuid" },
  text: `
    with started as (
      update campaigns as c set state = 'started', start_at = coalesce(:startAt, c.start_at), started_at = now(), watched_from = now(),
        due_at = greatest(now(), coalesce(:startAt, c.start_at, now())), template_version = :version, template_category = :category
      where c.business_id = :business and c.id = :id and c.state = 'draft'
      returning c.id, c.start_at
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.started', s.id, jsonb_build_object('startAt', s.start_at), now() from started s
    )
    select s.id from started s`,
});

export const pauseCampaign = defineQuery({
  name: "campaigns.pause",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", reason: "text", code: "text?", eventId: "uuid" },
  text: `
    with paused as (
      update campaigns as c set state = 'paused', paused_at = now(), pause_reason = :reason, pause_code = :code, due_at = null
      where c.business_id = :business and c.id = :id and c.state = 'started'
      returning c.id
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.paused', p.id, jsonb_build_object('reason', :reason, 'code', :code), now() from paused p
    )
    select p.id from paused p`,
});

// What failed before counts no more: whoever resumes has looked at it. So has the template as it reads now.
export const resumeCampaign = defineQuery({
  name: "campaigns.resume",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", version: "int4?", category: "text?", eventId: "uuid" },
  text: `
    with resumed as (
      update campaigns as c set state = 'started', paused_at = null, pause_reason = null, pause_code = null, watched_from = now(),
        due_at = greatest(now(), coalesce(c.start_at, now())), template_version = :version, template_category = :category
      where c.business_id = :business and c.id = :id and c.state = 'paused'
      returning c.id
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.resumed', r.id, '{}', now() from resumed r
    )
    select r.id from resumed r`,
});

export const cancelCampaign = defineQuery({
  name: "campaigns.cancel",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", eventId: "uuid" },
  text: `
    with cancelled as (
      update campaigns as c set state = 'cancelled', cancelled_at = now(), due_at = null
      where c.business_id = :business and c.id = :id and c.state <> 'cancelled'
      returning c.id
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.cancelled', x.id, '{}', now() from cancelled x
    )
    select x.id from cancelled x`,
});

export const listQueuedMessages = defineQuery({
  name: "campaigns.list-queued-messages",
  role: "app",
  columns: { message_id: "uuid" },
  params: { id: "uuid" },
  text: `
    select m.id as message_id
    from campaign_recipients r
    join messages m on m.business_id = :business and m.id = r.message_id
    where r.business_id = :business and r.campaign_id = :id and m.status = 'queued'`,
});

// As a person cancels one (settle-messages.queries.ts): what begins to be sent at the same moment is sent.
export const takeBackMessages = defineQuery({
  name: "campaigns.take-back-messages",
  role: "app",
  columns: { id: "uuid" },
  params: { messageIds: "uuid[]", eventIds: "uuid[]" },
  text: `
    with locked as materialized (
      select q.id, i.event_id
      from unnest(:messageIds, :eventIds) as i (id, event_id)
      join messages q on q.business_id = :business and q.id = i.id
      order by q.id for no key update of q
    ), m as (
      update messages as q set status = 'cancelled', failed_at = now(), error_code = 'cancelled', error_text = 'Its campaign was cancelled before it was sent.'
      from locked k
      where q.business_id = :business and q.id = k.id and q.status = 'queued'
      returning q.id, q.conversation_id, k.event_id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, m.event_id, 'message.cancelled', m.conversation_id, m.id, '{}', now() from m
    )
    select m.id from m`,
});

// Each row once more, as a new message, after the time that WhatsApp asks for. Rows that may never be tried again are left as they are, and so is what somebody has
// sent again by hand, and what had arrived before it was sent again.
export const retryFailed = defineQuery({
  name: "campaigns.retry-failed",
  role: "app",
  columns: { retried: "int8" },
  params: { id: "uuid", never: "text[]", later: "text[]", laterMs: "int8[]", codes: "text[]?", eventId: "uuid" },
  text: `
    with again as (
      update campaign_recipients as r set state = 'ready', message_id = null, released_at = null, previous_message_id = m.id,
        not_before = m.failed_at + coalesce(w.ms, 0) * interval '1 millisecond'
      from messages m
      left join unnest(:later, :laterMs) as w (code, ms) on w.code = m.error_code
      where r.business_id = :business and r.campaign_id = :id and r.state = 'released' and m.business_id = :business and m.id = r.message_id
        and m.status = 'failed' and m.error_code <> all (:never) and (:codes is null or m.error_code = any (:codes))
        and not exists (select from idempotency_keys k where k.business_id = :business and k.key = 'retry:' || m.id)
        and not exists (
          select from messages p where p.business_id = :business and p.id = r.previous_message_id and p.status in ('sent', 'delivered', 'read', 'played'))
      returning r.position
    ), due as (
      update campaigns as c set due_at = now()
      where c.business_id = :business and c.id = :id and c.state = 'started' and exists (select from again)
    ), event as (
      insert into events (business_id, id, type, subject_id, data, at)
      select :business, :eventId, 'campaign.retried', :id, jsonb_build_object('rows', a.count), now() from (select count(*) from again) a where a.count > 0
    )
    select count(*) as retried from again`,
});
