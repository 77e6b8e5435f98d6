-- Up Migration
-- An index whose predicate names the status made every change of it an entry in each index of the table: five times for one message on its way. This one
-- says the same without it: a message that is queued, being sent or unknown has neither the provider's id nor a failure. The fillfactor leaves new versions
-- room on their own page. Building the index takes a scan, during which nobody writes messages: webhooks are answered 503 and delivered again.
create index ix_message_open on onethread.messages (business_id, conversation_id, seq) where provider_message_id is null and failed_at is null;
drop index onethread.ix_message_unsettled;
alter table onethread.messages set (fillfactor = 85);
-- A message that the index does not know would never be sent.
alter table onethread.messages add constraint ck_message_open
  check (status not in ('queued', 'sending', 'unknown') or (provider_message_id is null and failed_at is null));
