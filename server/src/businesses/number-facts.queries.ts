// Owns: the SQL of when a number is asked how fast it may send, and of what it said.
import { defineQuery } from "../db/query.ts";

// Once a day, and when an upgrade was reported since the last reading.
const IS_DUE = `c.provider = 'cloud' and (c.facts_due_at <= now() or exists (
        select from channel_signals k where k.business_id = c.business_id and k.channel_id = c.id and k.aspect = 'throughput' and k.told_at > c.facts_at))`;

export const listDueNumbersAcrossBusinesses = defineQuery({
  name: "businesses.list-due-numbers-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid" },
  params: {},
  text: `
    select c.business_id, c.id from channels c
    where ${IS_DUE}
    order by c.facts_due_at limit 50`,
});

// Whoever claims it has moved its next reading: nobody else asks at the same time.
export const claimNumber = defineQuery({
  name: "businesses.claim-number",
  role: "app",
  columns: { external_id: "text", access_token: "text?" },
  params: { channelId: "uuid", retryMs: "int4" },
  text: `
    update channels c set facts_due_at = now() + :retryMs * interval '1 millisecond', facts_at = case when c.facts_at is not null then now() end
    where c.business_id = :business and c.id = :channelId and ${IS_DUE}
    returning c.external_id, (select s.access_token from channel_secrets s where s.business_id = :business and s.channel_id = c.id) as access_token`,
});

// An import of the app's past proves that the app uses the number, where it is not said.
export const recordNumberFacts = defineQuery({
  name: "businesses.record-number-facts",
  role: "app",
  columns: {},
  params: { channelId: "uuid", level: "text?", isOnApp: "bool?", everyMs: "int4" },
  text: `
    update channels c set throughput_level = :level, facts_at = now(), facts_due_at = now() + :everyMs * interval '1 millisecond',
      is_on_app = coalesce(:isOnApp, exists (select from history_chunks h where h.business_id = :business and h.channel_id = c.id))
    where c.business_id = :business and c.id = :channelId`,
});
