-- Up Migration
-- The external id of a gateway's channel is the token in the address of its webhook, and with Evolution it can be the only proof there is. Whoever
-- reads the database for questions (onethread_reader) has no use for it. It also stands in the raw webhooks: in the key, and in Evolution's bodies
-- beside the gateway's own API key. Meta's id of a number is no secret and stays to be read.

alter table onethread.channels
  add column number_id text generated always as (case when provider = 'cloud' then external_id end) stored;
revoke select on onethread.channels from onethread_reader;
grant select (business_id, id, provider, number_id, account_id, display_phone_number, name, stopped_at, stopped_reason, created_at, settings)
  on onethread.channels to onethread_reader;

revoke select on onethread.directory from onethread_reader;
grant select (kind, business_id, target_id, created_at) on onethread.directory to onethread_reader;

revoke select on onethread.webhook_log from onethread_reader;
grant select (business_id, id, received_at, state, reason, provider, kind, replayed_at) on onethread.webhook_log to onethread_reader;
