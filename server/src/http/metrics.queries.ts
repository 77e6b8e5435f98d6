// Owns: the SQL behind the gauges of /metrics. Each reads a small partial index only, whatever the size of the tables.
import { defineQuery } from "../db/query.ts";

export const measureLanesAcrossBusinesses = defineQuery({
  name: "metrics.lanes-across-businesses",
  role: "ingest",
  columns: { kind: "text", waiting: "int8", due: "int8", oldest_due_seconds: "float8" },
  params: {},
  text: `
    select l.kind, count(*) as waiting, count(*) filter (where l.check_at <= now()) as due,
      greatest(extract(epoch from now() - min(l.check_at)), 0)::float8 as oldest_due_seconds
    from lanes l
    where l.check_at is not null
    group by l.kind`,
});

export const countUnsettledMessagesAcrossBusinesses = defineQuery({
  name: "metrics.unsettled-messages-across-businesses",
  role: "ingest",
  columns: { status: "text", messages: "int8" },
  params: {},
  text: `
    select m.status, count(*) as messages
    from messages m
    where m.status in ('queued', 'sending', 'unknown') and m.provider_message_id is null and m.failed_at is null
    group by m.status`,
});

export const measureMediaAcrossBusinesses = defineQuery({
  name: "metrics.media-across-businesses",
  role: "ingest",
  columns: { state: "text", files: "int8", oldest_due_seconds: "float8" },
  params: {},
  text: `
    select f.state, count(*) as files, greatest(extract(epoch from now() - min(f.due_at)), 0)::float8 as oldest_due_seconds
    from media f
    where f.due_at is not null
    group by f.state`,
});

export const countQuarantinedAcrossBusinesses = defineQuery({
  name: "metrics.quarantined-across-businesses",
  role: "ingest",
  columns: { quarantined: "int8" },
  params: {},
  text: `select count(*) as quarantined from webhook_log w where w.state = 'quarantined'`,
});
