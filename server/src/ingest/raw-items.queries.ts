// Owns: the SQL of what is kept raw: notices, and items that could not be stored. Each item once, however often it is delivered.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";
import { NO_BUSINESS } from "../kernel/ids.ts";

// One row per item in both tables, sorted as every writer of several rows must be; the same item again only counts. `on conflict do update` takes a row
// once per statement, so repeats within it are summed up before.
export const logWebhooksAcrossBusinesses = defineQuery({
  name: "ingest.log-webhooks-across-businesses",
  role: "ingest",
  columns: {},
  params: {
    entries: rowsOf({
      businessId: "uuid",
      id: "uuid",
      state: "text",
      reason: "text?",
      provider: "text",
      kind: "text",
      channelKey: "text?",
      body: "text",
      waitsFor: "jsonb?",
    }),
  },
  text: `
with input as (
  select t.*, sha256(convert_to(provider || ' ' || kind || ' ' || coalesce(channel_key, '') || E'\\n' || body, 'UTF8')) as item_hash
    from :entries as t
), once as materialized (
  select distinct on (business_id, item_hash) *, count(*) over (partition by business_id, item_hash) as times
    from input order by business_id, item_hash, id
), item as (
  insert into webhook_items as w (business_id, item_hash, log_id, seen, last_seen_at, waits_for)
  select business_id, item_hash, id, times, now(), case when waits_for is not null then array(select jsonb_array_elements_text(waits_for)) end
    from once order by business_id, item_hash
  on conflict on constraint webhook_items_pkey do update set seen = w.seen + excluded.seen, last_seen_at = excluded.last_seen_at
  returning business_id, log_id
)
insert into webhook_log (business_id, id, received_at, state, reason, provider, kind, channel_key, body)
select business_id, id, now(), state, reason, provider, kind, channel_key, body
  from once where (business_id, id) in (select business_id, log_id from item)`,
});

// What waits for a replay. Quarantined rows have an index of their own; what is unused is found by its item, so that no index over the raw log is needed.
export const listReplayableAcrossBusinesses = defineQuery({
  name: "ingest.list-replayable-across-businesses",
  role: "ingest",
  columns: {
    business_id: "uuid",
    id: "uuid",
    state: "text",
    provider: "text",
    channel_key: "text?",
    received_at: "timestamptz",
    reason: "text",
    body: "text",
    seen: "int8",
  },
  params: { ids: "uuid[]?", businessId: "uuid?", after: "uuid", limit: "int4" },
  text: `
with replayable as (
  select business_id, id from webhook_log where state = 'quarantined'
  union all
  select w.business_id, w.id from webhook_items i join webhook_log w on w.business_id = i.business_id and w.id = i.log_id where w.state = 'unused'
)
select w.business_id, w.id, w.state, w.provider, w.channel_key, w.received_at, w.reason, w.body,
       coalesce((select max(i.seen) from webhook_items i where i.business_id = w.business_id and i.log_id = w.id), 1)::bigint as seen
  from replayable r join webhook_log w on w.business_id = r.business_id and w.id = r.id
 where (:ids is null or w.id = any (:ids)) and (:businessId is null or w.business_id = :businessId) and w.id > :after
 order by w.id limit :limit`,
});

/** Changes of an identity that wait for one of these identifiers; one that names an account of several businesses belongs to none of them yet. */
export const listWaitingForAcrossBusinesses = defineQuery({
  name: "ingest.list-waiting-for-across-businesses",
  role: "ingest",
  columns: { log_id: "uuid" },
  params: { people: rowsOf({ businessId: "uuid", label: "text" }) },
  text: `
select distinct i.log_id
  from :people as n
  join webhook_items i on i.waits_for @> array[n.label] and i.business_id in (n.business_id, '${NO_BUSINESS}')`,
});

// `unused`: it can be read now, but nothing can be made of it yet.
export const markReplayedAcrossBusinesses = defineQuery({
  name: "ingest.mark-replayed-across-businesses",
  role: "ingest",
  columns: {},
  params: { businessId: "uuid", id: "uuid", state: "text" },
  text: `
with marked as (
  update webhook_log set state = :state, replayed_at = case when :state = 'replayed' then now() end
   where business_id = :businessId and id = :id and state in ('quarantined', 'unused') returning business_id, id
)
update webhook_items i set waits_for = null from marked m
 where i.business_id = m.business_id and i.log_id = m.id and i.waits_for is not null and :state = 'replayed'`,
});
