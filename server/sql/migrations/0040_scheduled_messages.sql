-- Up Migration
-- What is to be sent later. It is no message of the thread until then: it has no position, nobody reads it as said, and what forbids a message is looked at when it leaves.
create table onethread.scheduled_messages (
  business_id uuid not null,
  -- The message's own, once it is one.
  id uuid not null,
  conversation_id uuid not null,
  author text not null,
  type text not null,
  text text,
  content jsonb not null,
  quoted_provider_message_id text,
  send_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint scheduled_messages_pkey primary key (business_id, id),
  constraint ck_scheduled_author check (author in ('human', 'api')),
  constraint fk_scheduled_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create index ix_scheduled_due on onethread.scheduled_messages (send_at);
create index ix_scheduled_business on onethread.scheduled_messages (business_id, send_at, id);
alter table onethread.scheduled_messages enable row level security;
create policy one_business on onethread.scheduled_messages for all to onethread_app
  using (business_id = onethread.current_business()) with check (business_id = onethread.current_business());
create policy across_businesses on onethread.scheduled_messages for all to onethread_ingest using (true) with check (true);
create policy reads_everything on onethread.scheduled_messages for select to onethread_reader using (true);
grant select, insert, update, delete on onethread.scheduled_messages to onethread_app;
grant select on onethread.scheduled_messages to onethread_ingest;
grant select on onethread.scheduled_messages to onethread_reader;
