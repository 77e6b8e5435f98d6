-- Up Migration
-- Threads have keys, and what is kept raw is kept once.
--
-- Until now a message whose sender had no digits was stored under the key '': several strangers in one thread. Rows whose key says nobody keep
-- their messages and get a key of their own that no message can lead to ('user:<business>:unnamed:<id>'); the identifiers without a digit that led there
-- are forgotten, so nobody else joins them. `onethread doctor` lists these threads (threads-without-person): they are for people to read, and to
-- close.
-- Constraints are added without looking at the rows that are there, so no table is locked for longer than a moment; 0012_keys_checked.sql looks.

update onethread.conversations set canonical_key = 'user:' || business_id || ':unnamed:' || id
 where canonical_key !~ '^(lead|phone|user|lid|group):';
delete from onethread.aliases a using onethread.conversations c
 where c.business_id = a.business_id and c.id = a.conversation_id and c.canonical_key like 'user:%:unnamed:%'
   and a.kind = 'phone' and a.value !~ '[0-9]';
alter table onethread.conversations
  add constraint ck_conversation_canonical_key check (canonical_key ~ '^(lead|phone|user|lid|group):') not valid;

-- `unused`: understood, but nothing can be made of it yet (standby, history); `onethread replay` takes it up once a newer version can.
alter table onethread.webhook_log
  drop constraint ck_webhook_log_state,
  add constraint ck_webhook_log_state check (state in ('stored', 'quarantined', 'replayed', 'unused')) not valid;

-- The raw items that are not stored messages, each once: a platform delivers the same one for days when it cannot be read. Beside webhook_log,
-- because an index over all raw bodies would have to be built under a lock, and every message would pay for it.
create table onethread.webhook_items (
  business_id uuid not null,
  -- SHA-256 of the kind, the channel and the body.
  item_hash bytea not null,
  log_id uuid not null,
  seen integer not null default 1,
  last_seen_at timestamptz not null,
  -- The identifiers ('phone:12025550147') with whose arrival a parked change of an identity can be applied.
  waits_for text[],
  constraint webhook_items_pkey primary key (business_id, item_hash),
  constraint ck_webhook_item_seen check (seen >= 1)
);
create index ix_webhook_item_log on onethread.webhook_items (business_id, log_id);
create index ix_webhook_item_waits on onethread.webhook_items using gin (waits_for) where waits_for is not null;
call onethread.protect('onethread.webhook_items', 'select', 'select, insert, update');

-- What is quarantined already counts from here on: the next delivery of the same item finds it. Repeats that were kept before stay until they are replayed.
insert into onethread.webhook_items (business_id, item_hash, log_id, last_seen_at)
select business_id, sha256(convert_to(provider || ' ' || kind || ' ' || coalesce(channel_key, '') || E'\n' || body, 'UTF8')), id, received_at
  from onethread.webhook_log where state = 'quarantined'
 order by received_at, id
on conflict do nothing;
