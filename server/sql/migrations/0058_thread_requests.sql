-- Up Migration
-- What was last asked of WhatsApp about whose a thread is. It is there before WhatsApp is asked: after a crash, or an answer that never came, it may have been done.
create table onethread.thread_requests (
  business_id uuid not null,
  conversation_id uuid not null,
  -- Only the newest request ends its row.
  id uuid not null,
  action text not null,
  -- Of a pass: who is to have it; null: the app that people are handed over to.
  role text,
  state text not null,
  at timestamptz not null,
  constraint thread_requests_pkey primary key (business_id, conversation_id),
  constraint ck_thread_request_action check (action in ('pass', 'release', 'take')),
  constraint ck_thread_request_state check (state in ('asked', 'done', 'refused')),
  constraint fk_thread_request_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
call onethread.protect('onethread.thread_requests', 'select, insert, update', 'select');
-- A split gives a thread back what it had, which may be nothing.
grant delete on onethread.thread_owners to onethread_app;
