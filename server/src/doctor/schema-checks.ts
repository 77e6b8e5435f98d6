// Owns: the checks of what protects the data: constraints, row-level security, roles (invariant 11, and the constraints behind all others).
// Refuses to know how a check is run.
import type { Check } from "./check.ts";

/** The constraints and unique indexes on which an invariant rests; docs/invariants.md says which on which. */
export const GUARDS = [
  "aliases_pkey",
  "ck_campaign_recipient_customer",
  "ck_campaign_recipient_message",
  "ck_conversation_canonical_key",
  "ck_lane_awake",
  "ck_media_due",
  "ck_media_message",
  "ck_media_ready",
  "ck_media_state",
  "ck_message_author",
  "ck_message_direction",
  "ck_message_failed",
  "ck_message_has_provider_id",
  "ck_message_open",
  "ck_message_status",
  "ck_message_turn",
  "ck_transcript_due",
  "ck_transcript_ready",
  "ck_transcript_state",
  "ck_turn_range",
  "ck_turn_state",
  "ck_webhook_log_reason",
  "ck_webhook_log_state",
  "directory_pkey",
  "fk_alias_conversation",
  "fk_campaign_message",
  "fk_conversation_merged_into",
  "fk_lane_conversation",
  "fk_media_message",
  "fk_message_conversation",
  "fk_message_turn",
  "fk_session_conversation",
  "fk_turn_continues",
  "fk_turn_conversation",
  "idempotency_keys_pkey",
  "lanes_pkey",
  "media_pkey",
  "message_statuses_pkey",
  "transcripts_pkey",
  "unsent_media_pkey",
  "uq_campaign_customer",
  "uq_campaign_message",
  "uq_message_provider_id",
  "uq_message_seq",
  "uq_message_turn_part",
  "uq_session_from",
  "uq_session_open",
  "uq_turn_covers_from",
  "uq_turn_covers_to",
  "uq_wa_conv_canonical_key",
  "usage_days_pkey",
  "webhook_items_pkey",
] as const;

export const schemaChecks: readonly Check[] = [
  {
    name: "guards-missing",
    invariant: 2,
    severity: "broken",
    finding: "Constraints on which the invariants rest are missing from the database.",
    advice: "Somebody dropped them: restore them as in server/sql/schema.sql, after the other checks are green.",
    violations: `select wanted.name from unnest(array[${GUARDS.map((name) => `'${name}'`).join(", ")}]) as wanted (name)
      where not exists (select from pg_constraint c where c.connamespace = to_regnamespace('onethread') and c.conname = wanted.name)
        and not exists (select from pg_class i where i.relnamespace = to_regnamespace('onethread') and i.relname = wanted.name and i.relkind in ('i', 'I'))`,
  },
  {
    name: "guards-not-valid",
    invariant: 2,
    severity: "broken",
    finding: "Constraints or indexes exist, but were never checked against the rows that were there before them.",
    advice: "Run `alter table … validate constraint …`, or rebuild the index with `reindex index concurrently …`.",
    violations: `select conname::text from pg_constraint where connamespace = to_regnamespace('onethread') and not convalidated
      union all
      select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace = to_regnamespace('onethread') and not i.indisvalid`,
  },
  {
    name: "tables-without-row-level-security",
    invariant: 11,
    severity: "broken",
    finding: "A table with rows of businesses has no row-level security, or the application may use it without a policy.",
    advice: "Call onethread.protect for these tables in a migration, as every other table does.",
    violations: `select c.relname::text from pg_class c
      where c.relnamespace = to_regnamespace('onethread') and c.relkind in ('r', 'p')
        and (c.relname = 'businesses'
          or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'business_id' and not a.attisdropped))
        and (not c.relrowsecurity or (
          has_table_privilege('onethread_app', c.oid, 'select, insert, update, delete')
          and not exists (select from pg_policy p where p.polrelid = c.oid
            and (select oid from pg_roles where rolname = 'onethread_app') = any (p.polroles)
            and pg_get_expr(p.polqual, p.polrelid) like '%current_business()%')))`,
  },
  {
    name: "roles-too-powerful",
    invariant: 11,
    severity: "broken",
    finding: "A role that serves requests owns tables, may bypass row-level security, or may become the owner.",
    advice:
      "Take that away from it: `alter table … owner to onethread_owner`, `alter role … nobypassrls nosuperuser`, `revoke onethread_owner from …`.",
    violations: `select r.rolname::text from pg_roles r
      where r.rolname in ('onethread_app', 'onethread_ingest', 'onethread_reader') and (
        r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb
        or exists (select from pg_class c where c.relnamespace = to_regnamespace('onethread') and c.relowner = r.oid)
        or exists (select from pg_roles owner where owner.rolname = 'onethread_owner' and pg_has_role(r.oid, owner.oid, 'member')))`,
  },
  {
    name: "secrets-readable",
    invariant: 11,
    severity: "broken",
    finding: "A role other than the application's may read the access tokens of channels.",
    advice: "Revoke it: `revoke all on onethread.channel_secrets from onethread_ingest, onethread_reader, public`.",
    violations: `select r.rolname::text from pg_roles r
      where r.rolname in ('onethread_ingest', 'onethread_reader')
        and has_any_column_privilege(r.oid, to_regclass('onethread.channel_secrets'), 'select')`,
  },
  {
    name: "directory-to-nowhere",
    invariant: 11,
    severity: "broken",
    finding: "A number or an API key leads to something that its business does not have.",
    advice: "Remove these rows from onethread.directory: they could open a door to the wrong business.",
    violations: `select d.target_id from onethread.directory d
      left join onethread.channels c on d.kind = 'channel' and c.business_id = d.business_id and c.id = d.target_id
      left join onethread.api_keys k on d.kind = 'api_key' and k.business_id = d.business_id and k.id = d.target_id
      where c.id is null and (k.id is null or k.revoked_at is not null)`,
  },
];
