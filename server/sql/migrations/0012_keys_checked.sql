-- Up Migration
-- Looks at the rows that were there before the constraints of 0011_keys_and_raw_items.sql. A transaction of its own: it reads whole tables, while
-- everybody goes on writing. The update again: a process of the version before may have written until the constraint was there.

update onethread.conversations set canonical_key = 'user:' || business_id || ':unnamed:' || id
 where canonical_key !~ '^(lead|phone|user|lid|group):';
alter table onethread.conversations validate constraint ck_conversation_canonical_key;
alter table onethread.webhook_log validate constraint ck_webhook_log_state;
