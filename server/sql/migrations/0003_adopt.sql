-- Up Migration
-- Taking over an older database: how far each of its businesses has come, where its conversations went, and what could not be placed.

create table onethread.adoptions (
  business_id uuid not null,
  source text not null,
  old_business_id text not null,
  -- The last row of the older database that is dealt with, in its order (created_at, id); both null before the first.
  cursor_at timestamptz,
  cursor_id text,
  placed bigint not null default 0,
  already_there bigint not null default 0,
  -- Rows that named no conversation, or none that could be used, and were placed all the same.
  without_conversation bigint not null default 0,
  started_at timestamptz not null,
  finished_at timestamptz,
  constraint adoptions_pkey primary key (business_id, source, old_business_id),
  constraint ck_adoption_cursor check ((cursor_at is null) = (cursor_id is null)),
  constraint fk_adoption_business foreign key (business_id) references onethread.businesses (id)
);
create index ix_adoption_source on onethread.adoptions (source, old_business_id);
-- Across businesses: whether an old business was adopted into another one before.
call onethread.protect('onethread.adoptions', 'select, insert, update', 'select');

create table onethread.adopted_conversations (
  business_id uuid not null,
  source text not null,
  old_conversation_id text not null,
  conversation_id uuid not null,
  constraint adopted_conversations_pkey primary key (business_id, source, old_conversation_id),
  constraint fk_adopted_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create index ix_adopted_conversation on onethread.adopted_conversations (business_id, conversation_id);
call onethread.protect('onethread.adopted_conversations', 'select, insert');

-- waiting: its thread has a message that waits for its reply just now; the adoption comes back to it before it ends.
create table onethread.adoption_leftovers (
  business_id uuid not null,
  source text not null,
  old_business_id text not null,
  old_message_id text not null,
  state text not null,
  reason text not null,
  constraint adoption_leftovers_pkey primary key (business_id, source, old_message_id),
  constraint ck_adoption_leftover_state check (state in ('waiting', 'unplaceable')),
  constraint fk_adoption_leftover foreign key (business_id, source, old_business_id) references onethread.adoptions (business_id, source, old_business_id)
);
create index ix_adoption_leftover on onethread.adoption_leftovers (business_id, source, old_business_id, state);
call onethread.protect('onethread.adoption_leftovers', 'select, insert, update, delete');
