// Owns: the SQL that finds a channel by the provider's name for it, before any business is known.
import { defineQuery } from "../db/query.ts";

export const findChannelAcrossBusinesses = defineQuery({
  name: "businesses.find-channel-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", channel_id: "uuid", quiet_ms: "int4", scope: "text" },
  text: `
    select d.business_id, d.target_id as channel_id, b.quiet_ms, coalesce(c.account_id, c.id::text) as scope
    from directory d
    join channels c on c.business_id = d.business_id and c.id = d.target_id
    join businesses b on b.id = d.business_id
    where d.kind = 'channel' and d.key = $1`,
});
