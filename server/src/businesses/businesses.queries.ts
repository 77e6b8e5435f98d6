// Owns: the SQL of tenants, their channels and their API keys.
import { defineQuery } from "../db/query.ts";

const businessColumns = {
  id: "uuid",
  name: "text",
  ai_enabled: "bool",
  quiet_ms: "int4",
  ceiling_ms: "int4",
  language: "text",
  handoff_text: "text",
  handoff_pause_ms: "int8?",
  answers_groups: "bool",
  answers_after_stop: "bool",
  direct_send: "text",
  reply_concurrency: "int4?",
  created_at: "timestamptz",
} as const;
const BUSINESS = `b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.answers_after_stop, b.direct_send, b.reply_concurrency, b.created_at`;

const channelColumns = {
  id: "uuid",
  provider: "text",
  external_id: "text",
  account_id: "text?",
  display_phone_number: "text?",
  name: "text",
  stopped_at: "timestamptz?",
  stopped_reason: "text?",
  sends_per_second: "int4?",
  sends_in_a_row: "int4?",
  held_until: "timestamptz?",
  held_reason: "text?",
  created_at: "timestamptz",
} as const;
const CHANNEL = `
      c.id, c.provider, c.external_id, c.account_id, c.display_phone_number, c.name, c.stopped_at, c.stopped_reason,
      number_rate(c.provider, c.sends_per_second, c.throughput_level, c.is_on_app, number_is_upgraded(c.business_id, c.id)) as sends_per_second,
      sends_in_a_row(c.provider, c.sends_in_a_row) as sends_in_a_row,
      case when c.held_until > now() then c.held_until end as held_until, case when c.held_until > now() then c.held_reason end as held_reason, c.created_at`;

export const insertBusiness = defineQuery({
  name: "businesses.insert",
  role: "app",
  columns: businessColumns,
  params: { name: "text", quietMs: "int4", ceilingMs: "int4", language: "text", handoffPauseMs: "int8?" },
  text: `
    insert into businesses as b (id, name, quiet_ms, ceiling_ms, language, handoff_pause_ms)
    values (:business, :name, :quietMs, :ceilingMs, :language, :handoffPauseMs)
    returning ${BUSINESS}`,
});

export const findBusiness = defineQuery({
  name: "businesses.find",
  role: "app",
  columns: businessColumns,
  params: {},
  text: `select ${BUSINESS} from businesses b where b.id = :business`,
});

export const listBusinessesAcrossBusinesses = defineQuery({
  name: "businesses.list-across-businesses",
  role: "ingest",
  columns: businessColumns,
  params: {},
  text: `select ${BUSINESS} from businesses b order by b.name, b.id`,
});

/** `knows_language`: whether PostgreSQL has a text search configuration of that name. */
export const lockBusiness = defineQuery({
  name: "businesses.lock",
  role: "app",
  columns: { ...businessColumns, knows_language: "bool" },
  params: { language: "text?" },
  text: `
    select ${BUSINESS}, exists (select from pg_ts_config t where t.cfgname = coalesce(:language, b.language)) as knows_language
    from businesses b
    where b.id = :business
    for no key update of b`,
});

export const changeBusiness = defineQuery({
  name: "businesses.change",
  role: "app",
  columns: businessColumns,
  params: {
    name: "text",
    aiEnabled: "bool",
    quietMs: "int4",
    ceilingMs: "int4",
    language: "text",
    handoffText: "text",
    handoffPauseMs: "int8?",
    answersGroups: "bool",
    answersAfterStop: "bool",
    directSend: "text",
    replyConcurrency: "int4?",
  },
  text: `
    update businesses b set name = :name, ai_enabled = :aiEnabled, quiet_ms = :quietMs, ceiling_ms = :ceilingMs, language = :language,
      handoff_text = :handoffText, handoff_pause_ms = :handoffPauseMs, answers_groups = :answersGroups, answers_after_stop = :answersAfterStop, direct_send = :directSend, reply_concurrency = :replyConcurrency
    where b.id = :business
    returning ${BUSINESS}`,
});

/** None: the key is in the directory already, for this business or for another one. */
export const insertDirectoryEntry = defineQuery({
  name: "businesses.insert-directory-entry",
  role: "app",
  columns: {},
  params: { kind: "text", key: "text", targetId: "uuid" },
  text: `
    insert into directory (business_id, kind, key, target_id)
    values (:business, :kind, :key, :targetId)
    on conflict on constraint directory_pkey do nothing`,
});

export const deleteDirectoryEntry = defineQuery({
  name: "businesses.delete-directory-entry",
  role: "app",
  columns: {},
  params: { kind: "text", targetId: "uuid" },
  text: "delete from directory where business_id = :business and kind = :kind and target_id = :targetId",
});

export const insertChannel = defineQuery({
  name: "businesses.insert-channel",
  role: "app",
  columns: channelColumns,
  params: {
    id: "uuid",
    provider: "text",
    externalId: "text",
    accountId: "text?",
    displayPhoneNumber: "text?",
    name: "text",
    settings: "jsonb",
  },
  // The templates of its account are read as soon as there is time.
  text: `
    with account as (
      insert into template_accounts as k (business_id, account_id)
      select :business, :accountId where :accountId is not null and :provider = 'cloud'
      on conflict on constraint template_accounts_pkey do update set due_at = least(k.due_at, excluded.due_at), full_due_at = least(k.full_due_at, excluded.full_due_at)
    )
    insert into channels as c (business_id, id, provider, external_id, account_id, display_phone_number, name, settings)
    values (:business, :id, :provider, :externalId, :accountId, :displayPhoneNumber, :name, :settings)
    returning ${CHANNEL}`,
});

export const listChannels = defineQuery({
  name: "businesses.list-channels",
  role: "app",
  columns: { ...channelColumns, signals: "jsonb", history: "jsonb?", direct_send: "jsonb?" },
  params: {},
  text: `
    select ${CHANNEL},
      -- A restriction whose time has passed is over. The worst first.
      coalesce((
        select jsonb_agg(jsonb_build_object('aspect', s.aspect, 'state', s.state,
                 'health', case when s.until <= now() then 'ok' else s.health end, 'until', s.until, 'sentence', s.sentence, 'at', s.at)
                 order by case when s.until <= now() then 0 else array_position(array['ok', 'restricted', 'disconnected', 'banned', 'removed'], s.health) end desc,
                          s.at desc, s.aspect)
          from channel_signals s where s.business_id = :business and s.channel_id = c.id), '[]') as signals,
      (select jsonb_build_object('progress', max(h.progress), 'phase', max(h.phase), 'messages', sum(h.messages), 'done', sum(h.done), 'imported', sum(h.imported),
                                 'waiting', count(h.due_at), 'at', max(h.received_at))
         from history_chunks h where h.business_id = :business and h.channel_id = c.id having count(*) > 0) as history,
      (select jsonb_build_object('state', case when r.until is not null then 'closed' when a.state = 'closed' and a.until <= now() then 'unknown' else coalesce(a.state, 'unknown') end,
                                 'since', a.since, 'until', coalesce(r.until, a.until), 'reason', a.reason)
         from (
           select max(g.until) as until from channel_signals g
            where g.business_id = :business and g.channel_id = c.id and g.aspect = 'restriction:RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES' and g.health <> 'ok' and g.until > now()) r
         left join direct_send_access a on a.business_id = :business and a.account = coalesce(c.account_id, c.id::text)
        where c.provider = 'cloud') as direct_send
    from channels c
    where c.business_id = :business
    order by c.created_at, c.id`,
});

/** None: the business has no such channel of the Cloud API. The templates of the account are read as soon as there is time. */
export const setChannelAccount = defineQuery({
  name: "businesses.set-channel-account",
  role: "app",
  columns: {},
  params: { channelId: "uuid", accountId: "text" },
  text: `
    with channel as (
      update channels c set account_id = :accountId
      where c.business_id = :business and c.id = :channelId and c.provider = 'cloud'
      returning c.account_id
    )
    insert into template_accounts as k (business_id, account_id, due_at, full_due_at)
    select :business, channel.account_id, now(), now() from channel
    on conflict on constraint template_accounts_pkey do update set due_at = least(k.due_at, excluded.due_at), full_due_at = least(k.full_due_at, excluded.full_due_at)`,
});

/** The first reason stays: a channel that the provider stopped is not stopped again by hand for another one. */
export const stopChannel = defineQuery({
  name: "businesses.stop-channel",
  role: "app",
  columns: {},
  params: { channelId: "uuid", reason: "text" },
  text: `
    update channels set stopped_at = coalesce(stopped_at, now()), stopped_reason = coalesce(stopped_reason, :reason)
    where business_id = :business and id = :channelId`,
});

export const resumeChannel = defineQuery({
  name: "businesses.resume-channel",
  role: "app",
  columns: {},
  params: { channelId: "uuid" },
  text: "update channels set stopped_at = null, stopped_reason = null, resumed_at = now() where business_id = :business and id = :channelId",
});

/** None: the business has no such channel. Null: as the provider has it. What WhatsApp asked for meanwhile holds all the same. */
export const setChannelPace = defineQuery({
  name: "businesses.set-channel-pace",
  role: "app",
  columns: {},
  params: { channelId: "uuid", perSecond: "int4?", inARow: "int4?" },
  text: "update channels set sends_per_second = :perSecond, sends_in_a_row = :inARow where business_id = :business and id = :channelId",
});

/** None: the business has no such channel of the Cloud API. Somebody says what is known of its account; a send that tells otherwise later counts more. */
export const setDirectSend = defineQuery({
  name: "businesses.set-direct-send",
  role: "app",
  columns: {},
  params: { channelId: "uuid", state: "text", eventId: "uuid" },
  text: `
    with said as (
      insert into direct_send_access as a (business_id, account, state, since, reason, event_id)
      select :business, coalesce(c.account_id, c.id::text), :state, now(), case when :state = 'closed' then 'Closed by hand.' end, :eventId
      from channels c
      where c.business_id = :business and c.id = :channelId and c.provider = 'cloud'
      on conflict on constraint direct_send_access_pkey do update set
        state = excluded.state, since = excluded.since, until = null, reason = excluded.reason, event_id = excluded.event_id
      returning a.account
    )
    insert into events (business_id, id, type, data, at)
    select :business, :eventId, 'direct-send.changed', jsonb_build_object('account', s.account, 'state', :state, 'until', null), now() from said s`,
});

/** None: the business has no such channel. A new token also resumes a channel that was stopped because of the old one. */
export const upsertChannelSecret = defineQuery({
  name: "businesses.upsert-channel-secret",
  role: "app",
  columns: {},
  params: { channelId: "uuid", accessToken: "text" },
  text: `
    with channel as (
      update channels as c set stopped_at = null, stopped_reason = null, resumed_at = now()
      where c.business_id = :business and c.id = :channelId
      returning c.business_id, c.id, c.account_id
    ), account as (
      -- What could not be read with the old one is tried with the new one at once.
      update template_accounts k set due_at = least(k.due_at, now())
      from channel where k.business_id = :business and k.account_id = channel.account_id and k.failed_at is not null
    ), input as (
      select channel.business_id, channel.id, :accessToken as access_token, now() as at from channel
    )
    insert into channel_secrets as s (business_id, channel_id, access_token, updated_at)
    select i.business_id, i.id, i.access_token, i.at from input i
    on conflict on constraint channel_secrets_pkey do update set access_token = excluded.access_token, updated_at = excluded.updated_at`,
});

/** A new secret keeps the one before it alive, until the gateway has taken over the new one. */
export const upsertWebhookSecret = defineQuery({
  name: "businesses.upsert-webhook-secret",
  role: "app",
  columns: {},
  params: { channelId: "uuid", secret: "text" },
  text: `
    insert into webhook_secrets as s (business_id, channel_id, secret, updated_at)
    values (:business, :channelId, :secret, now())
    on conflict on constraint webhook_secrets_pkey do update set
      previous_secret = s.secret, secret = excluded.secret, updated_at = excluded.updated_at`,
});

export const insertApiKey = defineQuery({
  name: "businesses.insert-api-key",
  role: "app",
  columns: {},
  params: { id: "uuid", name: "text", prefix: "text" },
  text: "insert into api_keys (business_id, id, name, prefix) values (:business, :id, :name, :prefix)",
});

export const listApiKeys = defineQuery({
  name: "businesses.list-api-keys",
  role: "app",
  columns: { id: "uuid", name: "text", prefix: "text", created_at: "timestamptz", revoked_at: "timestamptz?" },
  params: {},
  text: `
    select k.id, k.name, k.prefix, k.created_at, k.revoked_at
    from api_keys k
    where k.business_id = :business
    order by k.created_at, k.id`,
});

export const revokeApiKey = defineQuery({
  name: "businesses.revoke-api-key",
  role: "app",
  columns: {},
  params: { id: "uuid" },
  text: "update api_keys set revoked_at = coalesce(revoked_at, now()) where business_id = :business and id = :id",
});

export const findApiKeyAcrossBusinesses = defineQuery({
  name: "businesses.find-api-key-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", api_key_id: "uuid" },
  params: { hash: "text" },
  text: `
    select d.business_id, d.target_id as api_key_id
    from directory d
    where d.kind = 'api_key' and d.key = :hash`,
});
