// Owns: the SQL of what providers say of channels and templates. Rare; nothing of it is on the way of a message.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// An account's notices carry no number: they concern every channel of the account, or the one with the number that they show. The first of the
// ids that is known is the account's: what reports a partner's access may come in the name of the whole portfolio.
export const findChannelsOfAccountAcrossBusinesses = defineQuery({
  name: "ingest.find-channels-of-account-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", channel_id: "uuid", number: "text?", external_id: "text", account_id: "text?" },
  params: { accountIds: "text[]" },
  text: `
select c.business_id, c.id as channel_id, regexp_replace(c.display_phone_number, '\\D', '', 'g') as number, c.external_id, c.account_id
  from channels c
 where c.provider = 'cloud' and c.account_id = any (:accountIds)
 order by array_position(:accountIds, c.account_id), c.business_id, c.id`,
});

// States move forward only, by the provider's time. A digest that is known says nothing new, except of a channel of which nothing was known. What may be
// reported again and again (`onlyIfChanged`) is a notice and an event when it differs from what is known; what happens anew each time, once by its digest.
// Whether a row changed is seen in the row itself (its event is ours then): what other processes write at the same moment is not in our snapshot.
export const recordSignalAcrossBusinesses = defineQuery({
  name: "ingest.record-signal-across-businesses",
  role: "ingest",
  columns: { recorded: "int8", moved: "int8" },
  params: {
    businessId: "uuid",
    id: "uuid",
    at: "timestamptz?",
    provider: "text",
    field: "text",
    severity: "text",
    channelId: "uuid?",
    accountId: "text?",
    sentence: "text",
    digest: "text?",
    onlyIfChanged: "bool",
    aspects: rowsOf({
      eventId: "uuid",
      channelId: "uuid",
      aspect: "text",
      state: "text",
      health: "text",
      until: "timestamptz?",
      sentence: "text?",
    }),
    templates: rowsOf({
      id: "uuid",
      name: "text",
      language: "text",
      providerId: "text?",
      category: "text?",
      status: "text?",
      quality: "text?",
      reason: "text?",
      pausedMs: "int8?",
      nextCategory: "text?",
      nextCategoryAt: "timestamptz?",
    }),
  },
  text: `
with input as (
  select :businessId as business_id, :id as id, least(coalesce(:at, now()), now()) as at, now() as received_at,
         not exists (select from notices where business_id = :businessId and digest = :digest) as is_new, :onlyIfChanged as only_if_changed
), aspect as (
  select distinct on (s.channel_id, s.aspect) s.*, i.business_id, i.at,
         k.aspect is not null and (k.state, k.health, k.until) is distinct from (s.state, s.health, s.until) and i.at < greatest(k.at, k.told_at) as is_late
    from input i
    cross join :aspects as s
    left join channel_signals k on k.business_id = i.business_id and k.channel_id = s.channel_id and k.aspect = s.aspect
   where i.is_new or k.aspect is null
   order by s.channel_id, s.aspect
), known as (
  insert into channel_signals as k (business_id, channel_id, aspect, state, health, until, sentence, at, told_at, event_id)
  select business_id, channel_id, aspect, state, health, until, coalesce(sentence, :sentence), at, at, event_id
    from aspect order by channel_id, aspect
  on conflict on constraint channel_signals_pkey do update set
    state = excluded.state, health = excluded.health, until = excluded.until, sentence = excluded.sentence, told_at = excluded.told_at,
    (at, event_id) = (
      select case when n.is_news then excluded.at else k.at end, case when n.is_news then excluded.event_id else k.event_id end
        from (select not :onlyIfChanged
          or (k.state, k.health, k.until, k.sentence) is distinct from (excluded.state, excluded.health, excluded.until, excluded.sentence)) as n (is_news))
   where excluded.told_at >= greatest(k.at, k.told_at)
  returning k.channel_id, k.aspect, k.event_id
), moved as (
  select s.* from aspect s join known t on t.channel_id = s.channel_id and t.aspect = s.aspect and t.event_id = s.event_id
), notice as (
  insert into notices (business_id, id, received_at, at, provider, field, severity, channel_id, account_id, sentence, digest)
  select i.business_id, i.id, i.received_at, i.at, :provider, :field, :severity, :channelId, :accountId, :sentence, :digest
    from input i
   where not i.only_if_changed or exists (select from moved) or exists (select from aspect where is_late)
  on conflict on constraint uq_notice_digest do nothing
  returning id
), template as (
  insert into template_states as t (business_id, account_id, name, language, id, provider_id, category, category_at, status, status_at, quality, quality_at, reason,
    paused_until, next_category, next_category_at, wanted_at)
  select i.business_id, :accountId, f.name, f.language, f.id, f.provider_id, f.category, case when f.category is not null then i.at end,
         f.status, case when f.status is not null then i.at end, f.quality, case when f.quality is not null then i.at end, f.reason,
         i.at + f.paused_ms * interval '1 millisecond', f.next_category, f.next_category_at, i.received_at
    from input i cross join notice cross join :templates as f
   where :accountId is not null
   order by f.name, f.language
  on conflict on constraint template_states_pkey do update set
    -- One that was deleted and made anew has another id. The newest report says which.
    provider_id = case when excluded.provider_id is not null and coalesce(excluded.status_at >= coalesce(t.status_at, '-infinity'), t.provider_id is null)
                       then excluded.provider_id else t.provider_id end,
    category = case when excluded.category_at >= coalesce(t.category_at, '-infinity') then excluded.category else t.category end,
    -- What is announced holds until it is announced anew, or has happened.
    next_category = case when excluded.category_at < coalesce(t.category_at, '-infinity') then t.next_category
                         when excluded.next_category is not null or excluded.category is distinct from t.category then excluded.next_category
                         else t.next_category end,
    next_category_at = case when excluded.category_at < coalesce(t.category_at, '-infinity') then t.next_category_at
                            when excluded.next_category is not null or excluded.category is distinct from t.category then excluded.next_category_at
                            else t.next_category_at end,
    category_at = greatest(t.category_at, excluded.category_at),
    status = case when excluded.status_at >= coalesce(t.status_at, '-infinity') then excluded.status else t.status end,
    reason = case when excluded.status_at >= coalesce(t.status_at, '-infinity') then excluded.reason else t.reason end,
    paused_until = case when excluded.status_at >= coalesce(t.status_at, '-infinity') then excluded.paused_until else t.paused_until end,
    status_at = greatest(t.status_at, excluded.status_at),
    quality = case when excluded.quality_at >= coalesce(t.quality_at, '-infinity') then excluded.quality else t.quality end,
    quality_at = greatest(t.quality_at, excluded.quality_at),
    -- Whatever was reported, its list knows more: its content, and what a report that was lost said.
    wanted_at = least(t.wanted_at, excluded.wanted_at)
  returning t.name, t.language
), account as (
  insert into template_accounts as k (business_id, account_id, due_at, full_due_at)
  select i.business_id, :accountId, i.received_at, case when bool_or(f.provider_id is null) then i.received_at else 'infinity' end
    from input i cross join template t join :templates as f on f.name = t.name and f.language = t.language
   group by i.business_id, i.received_at
   order by i.business_id
  on conflict on constraint template_accounts_pkey do update set due_at = least(k.due_at, excluded.due_at), full_due_at = least(k.full_due_at, excluded.full_due_at)
), channel_event as (
  insert into events (business_id, id, type, subject_id, data, at)
  select m.business_id, m.event_id, 'channel.changed', m.channel_id,
         jsonb_build_object('aspect', m.aspect, 'state', m.state, 'health', m.health, 'until', m.until), now()
    from moved m join input i on i.only_if_changed or exists (select from notice)
), template_event as (
  insert into events (business_id, id, type, subject_id, data, at)
  select i.business_id, i.id, 'template.changed', i.id, jsonb_build_object('name', t.name, 'language', t.language, 'severity', :severity), now()
    from input i cross join template t
)
select (select count(*) from notice) as recorded, (select count(*) from moved) as moved`,
});
