// Owns: the SQL that finds a channel by the provider's name for it, before any business is known.
import { defineQuery } from "../db/query.ts";

// A gateway's webhook proves itself before anything is known of it but the token in its address.
export const findGatewayProofAcrossBusinesses = defineQuery({
  name: "businesses.find-gateway-proof-across-businesses",
  role: "ingest",
  columns: { secret: "text?", previous_secret: "text?", instance: "text?" },
  params: { key: "text" },
  text: `
    select s.secret, s.previous_secret, c.settings ->> 'instance' as instance
    from directory d
    join channels c on c.business_id = d.business_id and c.id = d.target_id
    left join webhook_secrets s on s.business_id = c.business_id and s.channel_id = c.id
    where d.kind = 'channel' and d.key = :key`,
});

export const findChannelAcrossBusinesses = defineQuery({
  name: "businesses.find-channel-across-businesses",
  role: "ingest",
  columns: {
    business_id: "uuid",
    channel_id: "uuid",
    quiet_ms: "int4",
    scope: "text",
    language: "text",
    consent: "jsonb?",
    time_zone: "text",
  },
  params: { key: "text" },
  text: `
    select d.business_id, d.target_id as channel_id, b.quiet_ms, coalesce(c.account_id, c.id::text) as scope, b.language, r.settings -> 'consent' as consent,
      coalesce(r.settings ->> 'timeZone', 'UTC') as time_zone
    from directory d
    join channels c on c.business_id = d.business_id and c.id = d.target_id
    join businesses b on b.id = d.business_id
    left join reply_settings r on r.business_id = d.business_id
    where d.kind = 'channel' and d.key = :key`,
});
