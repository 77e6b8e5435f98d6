// Owns: the SQL of the local copy of templates. What a list says counts from five seconds before it was asked for: what WhatsApp reported later is newer
// (its reports have whole seconds, and its clock is not ours).
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

const templateColumns = {
  id: "uuid",
  provider_id: "text?",
  account_id: "text",
  name: "text",
  language: "text",
  category: "text?",
  status: "text?",
  quality: "text?",
  reason: "text?",
  paused_until: "timestamptz?",
  next_category: "text?",
  next_category_at: "timestamptz?",
  parameter_format: "text?",
  /** `{"components": […]}`, or null. */
  content: "jsonb?",
  details: "jsonb",
  version: "int4",
  content_at: "timestamptz?",
  seen_at: "timestamptz?",
  obstacle: "text?",
} as const;

const TEMPLATE = `t.id, t.provider_id, t.account_id, t.name, t.language, t.category, t.status, t.quality, t.reason, t.paused_until, t.next_category,
      t.next_category_at, t.parameter_format, case when t.components is not null then jsonb_build_object('components', t.components) end as content,
      t.details, t.version, t.content_at, t.seen_at, coalesce(template_obstacle(t.status, t.paused_until, now()), (
        select 'category_stopped' from category_stops s
        where s.business_id = :business and s.account_id = t.account_id and s.category = upper(t.category) and s.until > now())) as obstacle`;

/** `status` and the other filters: null takes all; without a status those that were deleted are left out. */
export const listTemplates = defineQuery({
  name: "templates.list",
  role: "app",
  columns: templateColumns,
  params: {
    accountId: "text?",
    namePart: "text?",
    language: "text?",
    status: "text?",
    category: "text?",
    afterName: "text",
    afterId: "uuid",
    limit: "int4",
  },
  text: `
    select ${TEMPLATE}
    from template_states t
    where t.business_id = :business and (t.name, t.id) > (:afterName, :afterId)
      and (:accountId is null or t.account_id = :accountId)
      and (:namePart is null or position(:namePart in t.name) > 0)
      and (:language is null or t.language = :language)
      and (case when :status is null then t.status is distinct from 'DELETED' else upper(t.status) = :status end)
      and (:category is null or upper(t.category) = :category)
    order by t.name, t.id
    limit :limit`,
});

export const findTemplate = defineQuery({
  name: "templates.find",
  role: "app",
  columns: templateColumns,
  params: { id: "uuid" },
  text: `select ${TEMPLATE} from template_states t where t.business_id = :business and t.id = :id`,
});

export const listTemplateVersions = defineQuery({
  name: "templates.list-versions",
  role: "app",
  columns: { version: "int4", content: "jsonb", parameter_format: "text", category: "text?", from_at: "timestamptz" },
  params: { id: "uuid", limit: "int4" },
  text: `
    select v.version, jsonb_build_object('components', v.components) as content, v.parameter_format, v.category, v.from_at
    from template_versions v
    where v.business_id = :business and v.template_id = :id
    order by v.version desc
    limit :limit`,
});

// Each side of a template moves forward by its own time. A pause that was reported keeps its reason and its end while a list says no more than that it is
// paused. Read alone again: one whose pause has no known end, in an hour. A wish that came while this was being read stays.
export const recordTemplates = defineQuery({
  name: "templates.record",
  role: "app",
  columns: { recorded: "int8" },
  params: {
    accountId: "text",
    /** Null: a moment ago. */
    beganAt: "timestamptz?",
    templates: rowsOf({
      id: "uuid",
      providerId: "text",
      name: "text",
      language: "text",
      category: "text?",
      status: "text",
      quality: "text?",
      reason: "text?",
      parameterFormat: "text",
      components: "jsonb",
      details: "jsonb",
    }),
  },
  text: `
    with input as (
      select distinct on (f.name, f.language) f.*, coalesce(:beganAt, now()) as began_at, coalesce(:beganAt, now()) - interval '5 seconds' as at from :templates as f
      order by f.name, f.language, f.provider_id desc
    ), template as (
      insert into template_states as t (business_id, account_id, name, language, id, provider_id, category, category_at, status, status_at, quality, quality_at, reason,
        parameter_format, components, content_at, version, details, seen_at, wanted_at)
      select :business, :accountId, i.name, i.language, i.id, i.provider_id, i.category, case when i.category is not null then i.at end, i.status, i.at,
        i.quality, case when i.quality is not null then i.at end, i.reason, i.parameter_format, i.components, i.at, 1, i.details, i.began_at,
        case when i.status = 'PAUSED' then i.began_at + interval '1 hour' end
      from input i
      order by i.name, i.language
      on conflict on constraint template_states_pkey do update set
        provider_id = excluded.provider_id,
        category = case when excluded.category_at >= coalesce(t.category_at, '-infinity') then excluded.category else t.category end,
        next_category = case when excluded.category_at >= coalesce(t.category_at, '-infinity') and excluded.category is not distinct from t.next_category
                          then null else t.next_category end,
        next_category_at = case when excluded.category_at >= coalesce(t.category_at, '-infinity') and excluded.category is not distinct from t.next_category
                             then null else t.next_category_at end,
        category_at = greatest(t.category_at, excluded.category_at),
        reason = case when excluded.status_at < coalesce(t.status_at, '-infinity') then t.reason
                      when excluded.status = t.status then coalesce(excluded.reason, t.reason) else excluded.reason end,
        paused_until = case when excluded.status_at < coalesce(t.status_at, '-infinity') or excluded.status = t.status then t.paused_until end,
        status = case when excluded.status_at >= coalesce(t.status_at, '-infinity') then excluded.status else t.status end,
        status_at = greatest(t.status_at, excluded.status_at),
        quality = case when excluded.quality_at >= coalesce(t.quality_at, '-infinity') then excluded.quality else t.quality end,
        quality_at = greatest(t.quality_at, excluded.quality_at),
        version = case when excluded.content_at >= coalesce(t.content_at, '-infinity')
                         and (excluded.components, excluded.parameter_format) is distinct from (t.components, t.parameter_format)
                       then t.version + 1 else t.version end,
        components = case when excluded.content_at >= coalesce(t.content_at, '-infinity') then excluded.components else t.components end,
        parameter_format = case when excluded.content_at >= coalesce(t.content_at, '-infinity') then excluded.parameter_format else t.parameter_format end,
        details = case when excluded.content_at >= coalesce(t.content_at, '-infinity') then excluded.details else t.details end,
        content_at = greatest(t.content_at, excluded.content_at),
        seen_at = greatest(t.seen_at, excluded.seen_at),
        wanted_at = case when t.wanted_at > excluded.seen_at then t.wanted_at
                         when excluded.status = 'PAUSED' and t.paused_until is null then excluded.wanted_at end
      returning t.id, t.version, t.components, t.parameter_format, t.category, t.content_at
    ), said as (
      insert into template_versions (business_id, template_id, version, components, parameter_format, category, from_at)
      select :business, t.id, t.version, t.components, t.parameter_format, t.category, t.content_at from template t
      on conflict on constraint template_versions_pkey do nothing
    )
    select count(*) as recorded from template`,
});

/** `beganAt`: when the reading that did not find them began. What was reported later is newer. */
export const markTemplatesDeleted = defineQuery({
  name: "templates.mark-deleted",
  role: "app",
  columns: {},
  params: { ids: "uuid[]", beganAt: "timestamptz" },
  text: `
    update template_states t set status = 'DELETED', status_at = :beganAt - interval '5 seconds', wanted_at = null, paused_until = null, reason = null
    where t.business_id = :business and t.id = any (:ids) and coalesce(t.status_at, '-infinity') <= :beganAt - interval '5 seconds'
      and coalesce(t.seen_at, '-infinity') < :beganAt`,
});

/** Those that a reading of all did not find. */
export const listUnseenTemplates = defineQuery({
  name: "templates.list-unseen",
  role: "app",
  columns: { id: "uuid", provider_id: "text?" },
  params: { accountId: "text", beganAt: "timestamptz", limit: "int4" },
  text: `
    select t.id, t.provider_id from template_states t
    where t.business_id = :business and t.account_id = :accountId and t.status is distinct from 'DELETED'
      and coalesce(t.seen_at, '-infinity') < :beganAt and coalesce(t.status_at, '-infinity') <= :beganAt - interval '5 seconds'
    order by t.name, t.language
    limit :limit`,
});

export const listWantedTemplates = defineQuery({
  name: "templates.list-wanted",
  role: "app",
  columns: { id: "uuid", provider_id: "text?" },
  params: { accountId: "text", limit: "int4" },
  text: `
    select t.id, t.provider_id from template_states t
    where t.business_id = :business and t.account_id = :accountId and t.wanted_at <= now()
    order by t.wanted_at
    limit :limit`,
});

/** It was read since, or cannot be read alone: then it is read with all others. */
export const forgetWish = defineQuery({
  name: "templates.forget-wish",
  role: "app",
  columns: {},
  params: { id: "uuid", beganAt: "timestamptz" },
  text: "update template_states t set wanted_at = null where t.business_id = :business and t.id = :id and t.wanted_at <= :beganAt",
});

/** A send was refused in a way that says that the copy is old, or somebody changed it through us. */
export const wantTemplate = defineQuery({
  name: "templates.want",
  role: "app",
  columns: { account_id: "text" },
  params: { channelId: "uuid", name: "text", language: "text" },
  text: `
    with account as (
      select c.account_id from channels c where c.business_id = :business and c.id = :channelId and c.provider = 'cloud' and c.account_id is not null
    ), wanted as (
      update template_states t set wanted_at = least(t.wanted_at, now())
      from account a
      where t.business_id = :business and t.account_id = a.account_id and t.name = :name and t.language = :language and t.provider_id is not null
      returning t.account_id
    )
    insert into template_accounts as k (business_id, account_id, due_at, full_due_at)
    -- Of one that is not known only a list can tell: at most once a minute, however often it is asked for.
    select :business, a.account_id, now(), case when exists (select from wanted) then 'infinity' else greatest(now(), x.synced_at + interval '1 minute') end
    from account a
    left join template_accounts x on x.business_id = :business and x.account_id = a.account_id
    order by a.account_id
    on conflict on constraint template_accounts_pkey do update set due_at = least(k.due_at, excluded.due_at), full_due_at = least(k.full_due_at, excluded.full_due_at)
    returning k.account_id`,
});
