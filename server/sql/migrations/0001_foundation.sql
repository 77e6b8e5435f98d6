-- Up Migration
-- The foundation: tenants, channels, threads, messages, lanes, turns. The invariants that a database can hold are named
-- constraints here (docs/invariants.md maps each to its test). business_id is first in every key, so the schema can be sharded by it.

create function onethread.current_business() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('onethread.business_id', true), '')::uuid;

-- The one mechanism of tenant isolation. Every table with a business goes through it, in the migration that creates it.
--   app:     what onethread_app may do, with rows of the one business that its session is set to
--   ingest:  what onethread_ingest may do, with rows of every business ('' = nothing)
-- onethread_reader may read everything, unless reader is false (secrets).
create procedure onethread.protect(target regclass, app text, ingest text default '', reader boolean default true, owner_column text default 'business_id')
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  if app <> '' then
    execute format('grant %s on %s to onethread_app', app, target);
    execute format('create policy one_business on %s to onethread_app using (%I = onethread.current_business()) with check (%I = onethread.current_business())',
      target, owner_column, owner_column);
  end if;
  if ingest <> '' then
    execute format('grant %s on %s to onethread_ingest', ingest, target);
    execute format('create policy across_businesses on %s to onethread_ingest using (true) with check (true)', target);
  end if;
  if reader then
    execute format('grant select on %s to onethread_reader', target);
    execute format('create policy reads_everything on %s for select to onethread_reader using (true)', target);
  end if;
end
$$;

-- Delivery status only moves forward: the rank of a status is compared in every update. `failed` stands between sent and delivered: it
-- wins over what went before, and a later proof of delivery wins over it (Meta: webhooks/messages/status).
create function onethread.status_rank(status text) returns smallint
  language sql immutable parallel safe
  return case status when 'accepted' then 1 when 'sent' then 2 when 'failed' then 3 when 'delivered' then 4 when 'read' then 5 when 'played' then 6 else 0 end;

create table onethread.businesses (
  id uuid not null,
  name text not null,
  ai_enabled boolean not null default true,
  quiet_ms integer not null default 2000,
  ceiling_ms integer not null default 10000,
  language text not null default 'english',
  handoff_text text not null default 'I will fetch a person for you. Somebody answers here as soon as possible.',
  -- How long the AI stays silent once a human was fetched or took over; null: until somebody resumes it.
  handoff_pause_ms bigint,
  created_at timestamptz not null default now(),
  constraint businesses_pkey primary key (id),
  constraint ck_business_name check (length(name) between 1 and 200),
  constraint ck_business_handoff_pause check (handoff_pause_ms >= 0),
  constraint ck_business_debounce check (quiet_ms between 0 and 60000 and ceiling_ms between quiet_ms and 300000)
);
call onethread.protect('onethread.businesses', 'select, insert, update', 'select', owner_column => 'id');

-- Look-ups that arrive without a business: a channel by the provider's name for it, an API key by its hash. Small, read from a cache.
create table onethread.directory (
  kind text not null,
  key text not null,
  business_id uuid not null,
  target_id uuid not null,
  created_at timestamptz not null default now(),
  constraint directory_pkey primary key (kind, key),
  constraint ck_directory_kind check (kind in ('channel', 'api_key')),
  constraint fk_directory_business foreign key (business_id) references onethread.businesses (id)
);
create index ix_directory_target on onethread.directory (business_id, target_id);
call onethread.protect('onethread.directory', 'select, insert, delete', 'select');

create table onethread.channels (
  business_id uuid not null,
  id uuid not null,
  provider text not null,
  external_id text not null,
  account_id text,
  display_phone_number text,
  name text not null,
  stopped_at timestamptz,
  stopped_reason text,
  created_at timestamptz not null default now(),
  constraint channels_pkey primary key (business_id, id),
  constraint uq_channel_external unique (business_id, provider, external_id),
  constraint ck_channel_provider check (provider in ('cloud', 'evolution', 'waha', 'baileys')),
  constraint fk_channel_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.channels', 'select, insert, update', 'select');

create table onethread.channel_secrets (
  business_id uuid not null,
  channel_id uuid not null,
  access_token text not null,
  updated_at timestamptz not null default now(),
  constraint channel_secrets_pkey primary key (business_id, channel_id),
  constraint fk_channel_secret foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
call onethread.protect('onethread.channel_secrets', 'select, insert, update', reader => false);

create table onethread.api_keys (
  business_id uuid not null,
  id uuid not null,
  name text not null,
  prefix text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint api_keys_pkey primary key (business_id, id),
  constraint fk_api_key_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.api_keys', 'select, insert, update');

-- fillfactor: the hottest rows leave room for HOT updates on their own page.
create table onethread.conversations (
  business_id uuid not null,
  id uuid not null,
  canonical_key text not null,
  merged_into uuid,
  lead_id text,
  is_open boolean not null default true,
  last_seq bigint not null default 0,
  last_message_at timestamptz not null,
  last_customer_message_at timestamptz,
  contact_name text,
  -- Where a reply goes: the channel and the address of the customer's newest message, never of a merely merged one.
  reply_channel_id uuid,
  reply_kind text,
  reply_address text,
  -- Set while a human answers instead of the AI.
  ai_paused_at timestamptz,
  ai_paused_reason text,
  opted_out_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint conversations_pkey primary key (business_id, id),
  constraint uq_wa_conv_canonical_key unique (business_id, canonical_key),
  constraint ck_conversation_not_merged_into_itself check (merged_into <> id),
  constraint ck_conversation_reply_kind check (reply_kind in ('phone', 'user', 'lid', 'group')),
  constraint ck_conversation_reply_address check ((reply_channel_id is null) = (reply_address is null) and (reply_kind is null) = (reply_address is null)),
  constraint ck_conversation_paused check ((ai_paused_at is null) = (ai_paused_reason is null)),
  constraint fk_conversation_business foreign key (business_id) references onethread.businesses (id),
  constraint fk_conversation_merged_into foreign key (business_id, merged_into) references onethread.conversations (business_id, id)
) with (fillfactor = 60);
create index ix_conversation_recent on onethread.conversations (business_id, last_message_at desc, id desc) where merged_into is null;
call onethread.protect('onethread.conversations', 'select, insert, update', 'select, insert, update');

create table onethread.aliases (
  business_id uuid not null,
  kind text not null,
  value text not null,
  conversation_id uuid not null,
  created_at timestamptz not null,
  constraint aliases_pkey primary key (business_id, kind, value),
  constraint ck_alias_kind check (kind in ('phone', 'user', 'parent_user', 'lid', 'username', 'lead', 'group')),
  constraint fk_alias_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create index ix_alias_conversation on onethread.aliases (business_id, conversation_id);
call onethread.protect('onethread.aliases', 'select, insert, update', 'select, insert, update');

create table onethread.sessions (
  business_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  from_seq bigint not null,
  to_seq bigint,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_reason text,
  summary text,
  constraint sessions_pkey primary key (business_id, id),
  constraint ck_session_closed check ((closed_at is null) = (closed_reason is null) and (closed_at is null) = (to_seq is null)),
  constraint ck_session_range check (to_seq >= from_seq),
  constraint ck_session_closed_reason check (closed_reason in ('inactive', 'by_hand')),
  constraint uq_session_from unique (business_id, conversation_id, from_seq),
  constraint fk_session_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create unique index uq_session_open on onethread.sessions (business_id, conversation_id) where closed_at is null;
call onethread.protect('onethread.sessions', 'select, insert, update');

-- Every row is one run of the reply lane that has ended. continues_from makes "each range begins where the last one ended" a
-- foreign key: ranges of one conversation cannot overlap (two would continue the same turn) and cannot leave a gap.
create table onethread.turns (
  business_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  covers_from bigint not null,
  covers_to bigint not null,
  continues_from bigint generated always as (nullif(covers_from - 1, 0)) stored,
  state text not null,
  reason text,
  responder text,
  fence bigint not null,
  attempts integer not null default 1,
  error text,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  constraint turns_pkey primary key (business_id, id),
  constraint uq_turn_covers_from unique (business_id, conversation_id, covers_from),
  constraint uq_turn_covers_to unique (business_id, conversation_id, covers_to),
  constraint ck_turn_range check (covers_from >= 1 and covers_to >= covers_from),
  constraint ck_turn_state check (state in ('replied', 'superseded', 'handed_off', 'skipped', 'failed')),
  constraint ck_turn_reason check (state = 'replied' or state = 'superseded' or reason is not null),
  constraint fk_turn_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id),
  constraint fk_turn_continues foreign key (business_id, conversation_id, continues_from)
    references onethread.turns (business_id, conversation_id, covers_to) deferrable initially immediate
);
call onethread.protect('onethread.turns', 'select, insert');

-- No foreign key to channels: it would make every ingest transaction lock the same channel row (multixacts), and channels are never deleted.
create table onethread.messages (
  business_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  seq bigint not null,
  channel_id uuid not null,
  direction text not null,
  author text not null,
  provider_message_id text,
  type text not null,
  text text,
  content jsonb not null,
  quoted_provider_message_id text,
  target_provider_message_id text,
  sent_at timestamptz not null,
  received_at timestamptz not null,
  -- Outbound only, from here on. The arrows: docs/lifecycles/outbound-message.md.
  status text not null default 'received',
  turn_id uuid,
  turn_part smallint,
  attempts smallint not null default 0,
  attempted_at timestamptz,
  accepted_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  failed_at timestamptz,
  error_code text,
  error_text text,
  constraint messages_pkey primary key (business_id, id),
  constraint uq_message_seq unique (business_id, conversation_id, seq),
  constraint uq_message_provider_id unique (business_id, channel_id, provider_message_id),
  constraint ck_message_direction check (direction in ('in', 'out')),
  constraint ck_message_author check (author in ('customer', 'ai', 'human', 'api') and (direction = 'in') = (author = 'customer')),
  constraint ck_message_status check (case direction when 'in' then status = 'received'
    else status in ('queued', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'read', 'played', 'failed') end),
  constraint ck_message_has_provider_id check (provider_message_id is not null
    or (direction = 'out' and status in ('queued', 'sending', 'unknown', 'failed'))),
  constraint ck_message_turn check ((turn_id is null) = (turn_part is null) and (turn_id is null or author = 'ai')),
  constraint ck_message_failed check (status <> 'failed' or error_code is not null),
  constraint fk_message_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id),
  constraint fk_message_turn foreign key (business_id, turn_id) references onethread.turns (business_id, id)
);
create index ix_message_thread on onethread.messages (business_id, conversation_id, sent_at desc, seq desc);
create index ix_message_target on onethread.messages (business_id, conversation_id, target_provider_message_id) where target_provider_message_id is not null;
create index ix_message_unsettled on onethread.messages (business_id, conversation_id, seq) where status in ('queued', 'sending', 'unknown');
create unique index uq_message_turn_part on onethread.messages (business_id, turn_id, turn_part) where turn_id is not null;
call onethread.protect('onethread.messages', 'select, insert, update', 'select, insert, update');

-- Every status that a provider ever reported, also for messages that we do not know (yet): applied_at is null until it met its message.
create table onethread.message_statuses (
  business_id uuid not null,
  channel_id uuid not null,
  provider_message_id text not null,
  status text not null,
  participant text not null default '',
  at timestamptz not null,
  message_id uuid,
  error_code text,
  error_text text,
  received_at timestamptz not null,
  applied_at timestamptz,
  constraint message_statuses_pkey primary key (business_id, channel_id, provider_message_id, status, participant),
  constraint ck_message_status_word check (status in ('sent', 'delivered', 'read', 'played', 'failed'))
);
create index ix_message_status_waiting on onethread.message_statuses (received_at) where applied_at is null;
call onethread.protect('onethread.message_statuses', 'select, insert, update', 'select, insert, update');

-- A durable timer and mailbox. ck_lane_awake is the promise that no work can be forgotten: where work is wanted there is a time to look at it.
create table onethread.lanes (
  business_id uuid not null,
  conversation_id uuid not null,
  kind text not null,
  check_at timestamptz,
  first_at timestamptz not null,
  last_at timestamptz not null,
  wanted bigint not null,
  done bigint not null default 0,
  fence bigint not null default 0,
  owner text,
  attempts integer not null default 0,
  last_error text,
  constraint lanes_pkey primary key (business_id, conversation_id, kind),
  constraint ck_lane_kind check (kind in ('reply', 'send', 'session')),
  constraint ck_lane_awake check ((wanted > done) = (check_at is not null)),
  constraint fk_lane_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
create index ix_lane_due_anywhere on onethread.lanes (kind, check_at) where check_at is not null;
create index ix_lane_due_in_business on onethread.lanes (kind, business_id, check_at) where check_at is not null;
call onethread.protect('onethread.lanes', 'select, insert, update', 'select, insert, update');

-- The raw log. Items of a channel that we do not know have no business: they carry the nil UUID, which no session can be set to.
create table onethread.webhook_log (
  business_id uuid not null,
  id uuid not null,
  received_at timestamptz not null,
  state text not null,
  reason text,
  provider text not null,
  kind text not null,
  channel_key text,
  body text not null,
  replayed_at timestamptz,
  constraint webhook_log_pkey primary key (business_id, id),
  constraint ck_webhook_log_state check (state in ('stored', 'quarantined', 'replayed')),
  constraint ck_webhook_log_reason check (state = 'stored' or reason is not null)
);
create index ix_webhook_log_quarantined on onethread.webhook_log (received_at) where state = 'quarantined';
call onethread.protect('onethread.webhook_log', 'select', 'select, insert, update');

create table onethread.idempotency_keys (
  business_id uuid not null,
  key text not null,
  request_hash text not null,
  status smallint,
  response jsonb,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (business_id, key),
  constraint ck_idempotency_key check (length(key) between 1 and 255)
);
create index ix_idempotency_key_age on onethread.idempotency_keys (created_at);
call onethread.protect('onethread.idempotency_keys', 'select, insert, update, delete', 'select, delete');

create table onethread.knowledge_texts (
  business_id uuid not null,
  id uuid not null,
  title text not null,
  body text not null,
  language text not null,
  search tsvector not null,
  created_at timestamptz not null default now(),
  constraint knowledge_texts_pkey primary key (business_id, id),
  constraint uq_knowledge_title unique (business_id, title),
  constraint fk_knowledge_business foreign key (business_id) references onethread.businesses (id)
);
create index ix_knowledge_search on onethread.knowledge_texts using gin (search);
call onethread.protect('onethread.knowledge_texts', 'select, insert, update, delete');
