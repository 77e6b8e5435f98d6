-- Up Migration
-- One person, one thread: what merging needs, and what the gateways beside the Cloud API need of a channel.

-- A business-scoped user id (and its parent) means something only inside one portfolio: "another BSUID" is decided within a scope.
alter table onethread.aliases add column scope text;

-- Where a gateway is reached: {"baseUrl", "instance"}.
alter table onethread.channels add column settings jsonb not null default '{}';

-- What proves a gateway's webhooks; two while one replaces the other. Apart from channel_secrets: ingest reads these before any business is
-- known, and must never read what sends.
create table onethread.webhook_secrets (
  business_id uuid not null,
  channel_id uuid not null,
  secret text not null,
  previous_secret text,
  updated_at timestamptz not null default now(),
  constraint webhook_secrets_pkey primary key (business_id, channel_id),
  constraint fk_webhook_secret foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
call onethread.protect('onethread.webhook_secrets', 'select, insert, update', 'select', reader => false);

-- From a gateway's past: part of the thread, never something to answer.
alter table onethread.messages add column is_history boolean not null default false;

-- What was merged, by which proof, and where everything stood, so that a merge can be undone (docs/lifecycles/conversation.md).
create table onethread.merges (
  business_id uuid not null,
  id uuid not null,
  winner_id uuid not null,
  loser_id uuid not null,
  reason text not null,
  proof jsonb not null,
  winner_done bigint not null,
  winner_last bigint not null,
  loser_done bigint not null,
  loser_last bigint not null,
  merged_at timestamptz not null default now(),
  undone_at timestamptz,
  constraint merges_pkey primary key (business_id, id),
  constraint ck_merge_reason check (reason in ('payload', 'change_event', 'lead', 'provider_confirmed', 'by_hand')),
  constraint ck_merge_of_two check (winner_id <> loser_id),
  constraint fk_merge_winner foreign key (business_id, winner_id) references onethread.conversations (business_id, id),
  constraint fk_merge_loser foreign key (business_id, loser_id) references onethread.conversations (business_id, id)
);
create unique index uq_merge_of_loser on onethread.merges (business_id, loser_id) where undone_at is null;
create index ix_merge_of_winner on onethread.merges (business_id, winner_id, merged_at);
call onethread.protect('onethread.merges', 'select, insert, update');

grant update on onethread.turns to onethread_app;

create index ix_conversation_merged_into on onethread.conversations (business_id, merged_into) where merged_into is not null;

alter table onethread.sessions drop constraint ck_session_closed_reason;
alter table onethread.sessions add constraint ck_session_closed_reason check (closed_reason in ('inactive', 'by_hand', 'merged'));
