-- Up Migration
-- The files that come with messages. A row is written by the statement that stores its message, so there is none without the other; the file itself is fetched
-- later, and kept outside of the database. Ids, times and what is known of the file: where it is fetched from is said by the message.
-- due_at: when it is claimed next, or, while it is being fetched, when the lease of whoever does so ends. unsettled: claims in a row whose end was never recorded.
create table onethread.media (
  business_id uuid not null,
  -- Of a file that came with a message the message's own: one file for each.
  id uuid not null,
  message_id uuid,
  state text not null default 'pending',
  due_at timestamptz,
  is_history boolean not null default false,
  attempts integer not null default 0,
  unsettled integer not null default 0,
  fence bigint not null default 0,
  error_code text,
  error_text text,
  mime_type text,
  file_name text,
  bytes bigint,
  sha256 text,
  width integer,
  height integer,
  has_thumbnail boolean not null default false,
  created_at timestamptz not null,
  state_at timestamptz not null,
  constraint media_pkey primary key (business_id, id),
  constraint ck_media_message check (message_id = id),
  constraint ck_media_state check (state in ('pending', 'fetching', 'ready', 'failed', 'refused')),
  constraint ck_media_due check ((state in ('pending', 'fetching')) = (due_at is not null)),
  constraint ck_media_ready check (state <> 'ready' or (sha256 is not null and bytes is not null and mime_type is not null)),
  constraint ck_media_error check (state not in ('failed', 'refused') or error_code is not null),
  constraint fk_media_message foreign key (business_id, message_id) references onethread.messages (business_id, id)
);
-- What is due in this business, and what is due anywhere. What comes from a history waits behind what was written just now.
create index ix_media_business_due on onethread.media (business_id, is_history, due_at) where due_at is not null;
create index ix_media_due on onethread.media (due_at) where due_at is not null;
create index ix_media_not_ready on onethread.media (business_id, id) where state <> 'ready';
call onethread.protect('onethread.media', 'select, insert, update', 'select, insert, update');

-- What signs the links to the files of a business. Not for readers.
create table onethread.media_keys (
  business_id uuid not null,
  key bytea not null,
  created_at timestamptz not null default now(),
  constraint media_keys_pkey primary key (business_id),
  constraint fk_media_key_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.media_keys', 'select, insert', reader => false);
