// Owns: the SQL of changing templates through us: what is known beforehand, and what is noted afterwards.
import { defineQuery } from "../db/query.ts";

/** A token of one of the account's channels, to manage its templates with; and how many templates it has and may have. */
export const findAccountAccess = defineQuery({
  name: "templates.find-account-access",
  role: "app",
  columns: { account_id: "text", access_token: "text?", template_count: "int8", template_limit: "int4?" },
  params: { accountId: "text?" },
  text: `
    select distinct on (c.account_id) c.account_id, s.access_token, (
        select count(*) from template_states t
        where t.business_id = :business and t.account_id = c.account_id and t.status is distinct from 'DELETED') as template_count, k.template_limit
    from channels c
    left join channel_secrets s on s.business_id = :business and s.channel_id = c.id
    left join template_accounts k on k.business_id = :business and k.account_id = c.account_id
    where c.business_id = :business and c.provider = 'cloud' and c.account_id is not null and (:accountId is null or c.account_id = :accountId)
    order by c.account_id, s.access_token is null, c.stopped_at is not null, c.created_at, c.id`,
});

/** The id of one that was not deleted. */
export const findTemplateId = defineQuery({
  name: "templates.find-id",
  role: "app",
  columns: { id: "uuid" },
  params: { accountId: "text", name: "text", language: "text" },
  text: `
    select t.id from template_states t
    where t.business_id = :business and t.account_id = :accountId and t.name = :name and t.language = :language and t.status is distinct from 'DELETED'`,
});

export const countEdits = defineQuery({
  name: "templates.count-edits",
  role: "app",
  columns: { in_a_day: "int8", in_a_month: "int8" },
  params: { id: "uuid" },
  text: `
    select count(*) filter (where e.at > now() - interval '1 day') as in_a_day, count(*) filter (where e.at > now() - interval '30 days') as in_a_month
    from template_states t
    cross join unnest(t.edited_at) as e (at)
    where t.business_id = :business and t.id = :id`,
});

/** `counts`: the change is one of those that WhatsApp counts. The template is read anew. */
export const noteEdit = defineQuery({
  name: "templates.note-edit",
  role: "app",
  columns: {},
  params: { id: "uuid", counts: "bool" },
  text: `
    with template as (
      update template_states t set
        edited_at = case when :counts then array(select e.at from unnest(t.edited_at) as e (at) where e.at > now() - interval '30 days') || now() else t.edited_at end,
        wanted_at = now()
      where t.business_id = :business and t.id = :id
      returning t.account_id
    )
    update template_accounts k set due_at = least(k.due_at, now()) from template t where k.business_id = :business and k.account_id = t.account_id`,
});

/** Of one language, or (null) of all. What WhatsApp reports of it from now on is newer. */
export const noteDeletion = defineQuery({
  name: "templates.note-deletion",
  role: "app",
  columns: {},
  params: { accountId: "text", name: "text", language: "text?" },
  text: `
    update template_states t set status = 'DELETED', status_at = now(), wanted_at = null, paused_until = null, reason = null
    where t.business_id = :business and t.account_id = :accountId and t.name = :name and (:language is null or t.language = :language)`,
});
