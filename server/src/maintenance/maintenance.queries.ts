// Owns: deleting what is older than it is kept. In slices (forget-old.ts): a first pass over a long backlog must not hold locks and write WAL for minutes.
import { defineQuery } from "../db/query.ts";

export const forgetIdempotencyKeysAcrossBusinesses = defineQuery({
  name: "maintenance.forget-idempotency-keys-across-businesses",
  role: "ingest",
  columns: {},
  params: {},
  text: `
delete from idempotency_keys k
 using (select business_id, key from idempotency_keys where created_at < now() - interval '7 days' limit 10000) old
 where k.business_id = old.business_id and k.key = old.key`,
});

export const forgetEventsAcrossBusinesses = defineQuery({
  name: "maintenance.forget-events-across-businesses",
  role: "ingest",
  columns: {},
  params: {},
  text: `
delete from events e
 using (select business_id, id from events where at < now() - interval '30 days' order by at limit 10000) old
 where e.business_id = old.business_id and e.id = old.id`,
});
