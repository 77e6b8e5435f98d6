-- Up Migration
-- What is said in the voice notes of customers, written down by a model where the business wants it. A row is written by the statement that ends the fetch of the
-- file, so each file has one at most; who writes it down claims it as files are claimed (0043).
-- due_at: when it is claimed next, or, while it is being written down, when the lease of whoever does so ends.
create table onethread.transcripts (
  business_id uuid not null,
  media_id uuid not null,
  state text not null default 'pending',
  due_at timestamptz,
  attempts integer not null default 0,
  unsettled integer not null default 0,
  fence bigint not null default 0,
  error_code text,
  error_text text,
  -- Empty: no words were heard.
  text text,
  language text,
  model text,
  seconds double precision,
  -- Millionths of the business's currency, as of turns; null: the price is not known, or the length.
  cost_micros bigint,
  created_at timestamptz not null,
  state_at timestamptz not null,
  constraint transcripts_pkey primary key (business_id, media_id),
  constraint ck_transcript_state check (state in ('pending', 'working', 'ready', 'failed')),
  constraint ck_transcript_due check ((state in ('pending', 'working')) = (due_at is not null)),
  constraint ck_transcript_ready check ((state = 'ready') = (text is not null)),
  constraint ck_transcript_error check (state <> 'failed' or error_code is not null),
  constraint fk_transcript_media foreign key (business_id, media_id) references onethread.media (business_id, id)
);
create index ix_transcripts_business_due on onethread.transcripts (business_id, due_at) where due_at is not null;
create index ix_transcripts_due on onethread.transcripts (due_at) where due_at is not null;
-- What a day of a business has cost.
create index ix_transcripts_cost on onethread.transcripts (business_id, state_at) include (cost_micros) where cost_micros is not null;
call onethread.protect('onethread.transcripts', 'select, insert, update', 'select, update');

-- How many pictures of the customer the model of a turn was shown, and whether it refused them: {"shown", "refused"}. Null: none.
alter table onethread.turns add column pictures jsonb;
