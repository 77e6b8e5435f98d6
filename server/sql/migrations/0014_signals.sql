-- Up Migration
-- What WhatsApp reports of customers, numbers and templates, and nobody reads in a thread: consent to marketing, the state of a channel, notices.

-- Marketing that the customer stopped, as the platform reports it (user_preferences). Apart from opted_out_at, which is what the customer said: a
-- resume of the platform never lifts that. `word_at` is the platform's time of its newest word (stop or resume), `recorded_at` our own of when we heard it.
alter table onethread.conversations
  add column marketing_stopped_at timestamptz,
  add column marketing_word_at timestamptz,
  add column marketing_recorded_at timestamptz,
  add constraint ck_conversation_marketing check (
    (marketing_word_at is null) = (marketing_recorded_at is null) and (marketing_stopped_at is null or marketing_word_at is not null));

-- The newest that is known of a template of an account. A later release adds its content and versions.
create table onethread.template_states (
  business_id uuid not null,
  account_id text not null,
  name text not null,
  language text not null,
  category text,
  category_at timestamptz,
  status text,
  status_at timestamptz,
  quality text,
  quality_at timestamptz,
  constraint template_states_pkey primary key (business_id, account_id, name, language),
  constraint fk_template_state_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.template_states', 'select', 'select, insert, update');

-- The newest that is known of one side (aspect) of a channel: its account, its connection, its limit. Moves forward only, by the provider's time.
create table onethread.channel_signals (
  business_id uuid not null,
  channel_id uuid not null,
  aspect text not null,
  state text not null,
  health text not null,
  until timestamptz,
  sentence text not null,
  at timestamptz not null,
  constraint channel_signals_pkey primary key (business_id, channel_id, aspect),
  constraint ck_channel_signal_health check (health in ('ok', 'restricted', 'disconnected', 'removed', 'banned')),
  constraint fk_channel_signal foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
call onethread.protect('onethread.channel_signals', 'select', 'select, insert, update');

-- What a person should be able to read: one row per business and notice, however often it is delivered.
create table onethread.notices (
  business_id uuid not null,
  id uuid not null,
  received_at timestamptz not null,
  at timestamptz not null,
  provider text not null,
  field text not null,
  severity text not null,
  channel_id uuid,
  account_id text,
  sentence text not null,
  digest text,
  constraint notices_pkey primary key (business_id, id),
  constraint ck_notice_severity check (severity in ('info', 'warning', 'critical')),
  constraint fk_notice_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id),
  constraint fk_notice_business foreign key (business_id) references onethread.businesses (id),
  constraint uq_notice_digest unique (business_id, digest)
);
create index ix_notice_recent on onethread.notices (business_id, received_at desc, id desc);
call onethread.protect('onethread.notices', 'select', 'select, insert');

create index ix_channel_account on onethread.channels (account_id) where account_id is not null;
