-- Up Migration
-- Reading the outbox. Transactions commit in another order than they began in, so neither `at` nor `id` can be a cursor: whoever has read up to
-- one would never see what began earlier and committed later. An event gets its position at its first reading, after its commit, under the
-- lock of its business's counter: positions become visible in their order, and without gaps (docs/outbox.md).

create table onethread.event_counters (
  business_id uuid not null,
  last_position bigint not null,
  constraint event_counters_pkey primary key (business_id),
  constraint ck_event_counter check (last_position >= 0),
  constraint fk_event_counter_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.event_counters', 'select, insert, update');

alter table onethread.events
  add column position bigint,
  add constraint ck_event_position check (position >= 1);
-- Partial, so that writing an event costs none of them: only reading it does.
create unique index uq_event_position on onethread.events (business_id, position) where position is not null;
create index ix_event_conversation on onethread.events (business_id, conversation_id, position) where position is not null;
-- What nobody has read yet, in the order in which it is given its positions.
create index ix_event_unread on onethread.events (business_id, at, id) where position is null;
create index ix_event_age on onethread.events (at);
drop index onethread.ix_event_at;
grant update (position) on onethread.events to onethread_app;

-- Forgetting what is old (maintenance): the ingest role sees when an event was, and not what.
grant select (business_id, id, at), delete on onethread.events to onethread_ingest;
