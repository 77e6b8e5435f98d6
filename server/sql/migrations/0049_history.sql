-- Up Migration
-- What WhatsApp hands over of a number's past comes in chunks of thousands of messages. A chunk is durable before it is acknowledged, and imported later, a slice at a time:
-- what comes in live does not wait for it.
create table onethread.history_chunks (
  business_id uuid not null,
  id uuid not null,
  channel_id uuid not null,
  -- By WhatsApp's words: 0 is the last day, 1 up to 90 days, 2 up to 180; progress in percent of the whole.
  phase smallint,
  progress smallint,
  messages integer not null,
  -- Of the bytes of the chunk: it may be delivered again.
  digest text not null,
  -- Until it is imported.
  body text,
  received_at timestamptz not null,
  -- Its messages that were gone through, and those that were new.
  done integer not null default 0,
  imported integer not null default 0,
  due_at timestamptz,
  fence bigint not null default 0,
  attempts integer not null default 0,
  finished_at timestamptz,
  constraint history_chunks_pkey primary key (business_id, id),
  constraint uq_history_chunk unique (business_id, channel_id, digest),
  constraint fk_history_chunk_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id),
  constraint ck_history_chunk_due check ((finished_at is null) = (due_at is not null) and (finished_at is null) = (body is not null))
);
create index ix_history_chunk_due on onethread.history_chunks (due_at) where due_at is not null;
call onethread.protect('onethread.history_chunks', 'select', 'select, insert, update');

-- What the business calls its customers in the address book of its WhatsApp Business app. Begins no thread; null: the entry was removed.
create table onethread.contact_book (
  business_id uuid not null,
  kind text not null,
  value text not null,
  name text,
  at timestamptz not null,
  constraint contact_book_pkey primary key (business_id, kind, value),
  constraint ck_contact_book_kind check (kind in ('phone', 'user'))
);
call onethread.protect('onethread.contact_book', 'select', 'select, insert, update');
