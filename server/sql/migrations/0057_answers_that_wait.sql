-- Up Migration
-- The AI may write for later too. What it promised to say may yield to the customer: then it is not said when they have written in the meantime.
alter table onethread.scheduled_messages
  add column yields_to_customer boolean not null default false,
  drop constraint ck_scheduled_author,
  add constraint ck_scheduled_author check (author in ('human', 'api', 'ai'));
-- What is still to be said in one thread: the inbox shows it at the thread's end, and the AI may have a few of them only.
create index ix_scheduled_conversation on onethread.scheduled_messages (business_id, conversation_id, send_at);
