-- Up Migration
-- Files that a business uploads to send them. Each has a row of its own in media, without a message: the messages that send it name it in their content.
-- A sticker that moves may be larger than one that does not; null: not known, as of what came in before.
alter table onethread.media add column is_animated boolean;

-- Uploaded files that no message has named yet. The row is there before the first byte is in the store, and goes with the first message: what stays is removed,
-- file and row. is_removing: no message may name it any more.
create table onethread.unsent_media (
  business_id uuid not null,
  id uuid not null,
  remove_at timestamptz not null,
  is_removing boolean not null default false,
  constraint unsent_media_pkey primary key (business_id, id),
  constraint fk_unsent_media_business foreign key (business_id) references onethread.businesses (id)
);
create index ix_unsent_media_due on onethread.unsent_media (remove_at);
call onethread.protect('onethread.unsent_media', 'select, insert, delete', 'select, update, delete');
grant delete on onethread.media to onethread_ingest;

-- What a provider calls a file that was uploaded to it, for as long as it keeps it: the same bytes are uploaded once for each number.
-- claim: who is uploading it; over by itself at claimed_until.
create table onethread.media_uploads (
  business_id uuid not null,
  channel_id uuid not null,
  sha256 text not null,
  mime_type text not null,
  provider_id text,
  uploaded_at timestamptz,
  expires_at timestamptz,
  claim uuid,
  claimed_until timestamptz,
  constraint media_uploads_pkey primary key (business_id, channel_id, sha256, mime_type),
  constraint ck_media_upload_known check ((provider_id is null) = (expires_at is null) and (provider_id is null) = (uploaded_at is null)),
  constraint ck_media_upload_claim check ((claim is null) = (claimed_until is null)),
  constraint fk_media_upload_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
call onethread.protect('onethread.media_uploads', 'select, insert, update, delete');
