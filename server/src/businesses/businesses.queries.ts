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
  reply_concurrency: "int4?",
  created_at: "timestamptz",
} as const;

const channelColumns = {
  id: "uuid",
  provider: "text",
  external_id: "text",
  account_id: "text?",
  display_phone_number: "text?",
  name: "text",
  stopped_at: "timestamptz?",
  stopped_reason: "text?",
  created_at: "timestamptz",
} as const;

export const insertBusiness = defineQuery({
  name: "businesses.insert",
  role: "app",
  columns: businessColumns,
  text: `
    insert into businesses as b (id, name, quiet_ms, ceiling_ms, language, handoff_pause_ms)
    values ($1, $2, coalesce($3, 2000), coalesce($4, 10000), coalesce($5, 'english'), $6)
    returning b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.reply_concurrency, b.created_at`,
});

export const findBusiness = defineQuery({
  name: "businesses.find",
  role: "app",
  columns: businessColumns,
  text: `
    select b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.reply_concurrency, b.created_at
    from businesses b
    where b.id = $1`,
});

export const listBusinessesAcrossBusinesses = defineQuery({
  name: "businesses.list-across-businesses",
  role: "ingest",
  columns: businessColumns,
  text: `
    select b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.reply_concurrency, b.created_at
    from businesses b
    order by b.name, b.id`,
});

/** `knows_language`: whether PostgreSQL has a text search configuration of that name. */
export const lockBusiness = defineQuery({
  name: "businesses.lock",
  role: "app",
  columns: { ...businessColumns, knows_language: "bool" },
  text: `
    select b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.reply_concurrency, b.created_at, exists (select from pg_ts_config t where t.cfgname = coalesce($2::text, b.language)) as knows_language
    from businesses b
    where b.id = $1
    for no key update of b`,
});

export const changeBusiness = defineQuery({
  name: "businesses.change",
  role: "app",
  columns: businessColumns,
  text: `
    update businesses b set name = $2, ai_enabled = $3, quiet_ms = $4, ceiling_ms = $5, language = $6, handoff_text = $7, handoff_pause_ms = $8,
      answers_groups = $9, reply_concurrency = $10
    where b.id = $1
    returning b.id, b.name, b.ai_enabled, b.quiet_ms, b.ceiling_ms, b.language, b.handoff_text, b.handoff_pause_ms, b.answers_groups,
      b.reply_concurrency, b.created_at`,
});

/** No row: the key is in the directory already, for this business or for another one. */
export const insertDirectoryEntry = defineQuery({
  name: "businesses.insert-directory-entry",
  role: "app",
  columns: { key: "text" },
  text: `
    insert into directory (kind, key, business_id, target_id)
    values ($2, $3, $1, $4)
    on conflict on constraint directory_pkey do nothing
    returning key`,
});

export const deleteDirectoryEntry = defineQuery({
  name: "businesses.delete-directory-entry",
  role: "app",
  columns: { key: "text" },
  text: `delete from directory where business_id = $1 and kind = $2 and target_id = $3 returning key`,
});

export const insertChannel = defineQuery({
  name: "businesses.insert-channel",
  role: "app",
  columns: channelColumns,
  text: `
    insert into channels as c (business_id, id, provider, external_id, account_id, display_phone_number, name, settings)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    returning c.id, c.provider, c.external_id, c.account_id, c.display_phone_number, c.name, c.stopped_at, c.stopped_reason, c.created_at`,
});

export const listChannels = defineQuery({
  name: "businesses.list-channels",
  role: "app",
  columns: { ...channelColumns, signals: "jsonb" },
  text: `
    select c.id, c.provider, c.external_id, c.account_id, c.display_phone_number, c.name, c.stopped_at, c.stopped_reason, c.created_at,
      -- A restriction whose time has passed is over. The worst first.
      coalesce((
        select jsonb_agg(jsonb_build_object('aspect', s.aspect, 'state', s.state,
                 'health', case when s.until <= now() then 'ok' else s.health end, 'until', s.until, 'sentence', s.sentence, 'at', s.at)
                 order by case when s.until <= now() then 0 else array_position(array['ok', 'restricted', 'disconnected', 'banned', 'removed'], s.health) end desc,
                          s.at desc, s.aspect)
          from channel_signals s where s.business_id = $1 and s.channel_id = c.id), '[]') as signals
    from channels c
    where c.business_id = $1
    order by c.created_at, c.id`,
});

/** No row: the business has no such channel. A new token also starts a channel again that was stopped because of the old one. */
export const upsertChannelSecret = defineQuery({
  name: "businesses.upsert-channel-secret",
  role: "app",
  columns: { channel_id: "uuid" },
  text: `
    with channel as (
      update channels as c set stopped_at = null, stopped_reason = null
      where c.business_id = $1 and c.id = $2
      returning c.business_id, c.id
    ), input as (
      select channel.business_id, channel.id, $3::text as access_token, now() as at from channel
    )
    insert into channel_secrets as s (business_id, channel_id, access_token, updated_at)
    select i.business_id, i.id, i.access_token, i.at from input i
    on conflict on constraint channel_secrets_pkey do update set access_token = excluded.access_token, updated_at = excluded.updated_at
    returning s.channel_id`,
});

/** A new secret keeps the one before it alive, until the gateway has taken over the new one. */
export const upsertWebhookSecret = defineQuery({
  name: "businesses.upsert-webhook-secret",
  role: "app",
  columns: { channel_id: "uuid" },
  text: `
    insert into webhook_secrets as s (business_id, channel_id, secret, updated_at)
    values ($1, $2, $3, now())
    on conflict on constraint webhook_secrets_pkey do update set
      previous_secret = s.secret, secret = excluded.secret, updated_at = excluded.updated_at
    returning s.channel_id`,
});

export const insertApiKey = defineQuery({
  name: "businesses.insert-api-key",
  role: "app",
  columns: { id: "uuid", created_at: "timestamptz" },
  text: `insert into api_keys (business_id, id, name, prefix) values ($1, $2, $3, $4) returning id, created_at`,
});

export const listApiKeys = defineQuery({
  name: "businesses.list-api-keys",
  role: "app",
  columns: { id: "uuid", name: "text", prefix: "text", created_at: "timestamptz", revoked_at: "timestamptz?" },
  text: `
    select k.id, k.name, k.prefix, k.created_at, k.revoked_at
    from api_keys k
    where k.business_id = $1
    order by k.created_at, k.id`,
});

export const revokeApiKey = defineQuery({
  name: "businesses.revoke-api-key",
  role: "app",
  columns: { id: "uuid" },
  text: `update api_keys set revoked_at = coalesce(revoked_at, now()) where business_id = $1 and id = $2 returning id`,
});

export const findApiKeyAcrossBusinesses = defineQuery({
  name: "businesses.find-api-key-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", api_key_id: "uuid" },
  text: `
    select d.business_id, d.target_id as api_key_id
    from directory d
    where d.kind = 'api_key' and d.key = $1`,
});
