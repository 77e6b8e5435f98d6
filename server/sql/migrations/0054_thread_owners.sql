-- Up Migration
-- Where several apps answer on one number, each thread is of one of them. Nothing tells whose it is: it is kept here, from what came. A thread without a row is ours.
create table onethread.thread_owners (
  business_id uuid not null,
  conversation_id uuid not null,
  channel_id uuid not null,
  owner text not null,
  -- In the platform's word: ai_agent, escalation, customer_service, …
  role text,
  -- What said so: a copy of a message (standby), a handover, a refusal, or a request of ours.
  told_by text not null,
  -- By the platform's time, where it gives one.
  at timestamptz not null,
  -- What the app that had it before says of the conversation.
  context jsonb,
  context_at timestamptz,
  constraint thread_owners_pkey primary key (business_id, conversation_id),
  constraint ck_thread_owner check (owner in ('us', 'other', 'nobody')),
  constraint fk_thread_owner_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
call onethread.protect('onethread.thread_owners', 'select, insert, update', 'select, insert, update');

-- Whose it is now: a message of the customer that came to us, and not as a copy, says that it is ours; after a day without the customer it is nobody's. An answer to a
-- request for calls comes to whoever asked, and says nothing.
create function onethread.thread_owner(p_business uuid, p_conversation uuid, p_owner text, p_at timestamptz, p_customer_at timestamptz, p_now timestamptz) returns text
  language sql stable parallel safe
  return case when p_owner is null then null
    when coalesce(p_customer_at, p_at) < p_now - interval '24 hours' and p_at < p_now - interval '24 hours' then 'nobody'
    when p_owner = 'us' then 'us'
    when exists (
      select from onethread.messages m
       where m.business_id = p_business and m.conversation_id = p_conversation and m.sent_at > p_at and m.direction = 'in' and not m.is_history
         and m.content -> 'standby' is null and m.content #>> '{interactive,type}' is distinct from 'call_permission_reply') then 'us'
    else p_owner end;
