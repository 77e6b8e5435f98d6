-- Up Migration
-- Campaigns: one template to many customers. A row for each line of the list, with what is filled in for it; how far a campaign is, is counted from these rows and their
-- messages, and kept nowhere else.

-- Which campaign a message is of: such messages give way to all others (sends_ahead), and nothing else asks for it.
alter table onethread.messages add column campaign_id uuid;

-- As before; and what a campaign sends finds room only where nothing else wants it.
create or replace function onethread.sends_ahead(author text) returns interval
  language sql immutable parallel safe
  return case author when 'campaign' then interval '0' when 'api' then interval '500 milliseconds' else interval '1 second' end;

create table onethread.campaigns (
  business_id uuid not null,
  id uuid not null,
  name text not null,
  channel_id uuid not null,
  -- The template of a message, {name, language, components}, with {{columns}} where something is filled in for each row.
  template jsonb not null,
  state text not null default 'draft',
  -- Of the reading of its list: whoever reads it last counts. Complete: it was read to its end.
  list_id uuid,
  list_completed_at timestamptz,
  -- {from, to, timeZone}: no message leaves in these hours of the recipient's day.
  quiet_hours jsonb,
  -- Of the messages whose outcome is known; null: failures alone never pause it.
  error_share double precision,
  start_at timestamptz,
  -- When the scheduler looks at it next; null: there is nothing to release.
  due_at timestamptz,
  -- The template as it was at the start: another one is not what was previewed.
  template_version integer,
  template_category text,
  -- From then on failures count for pausing it.
  watched_from timestamptz,
  started_at timestamptz,
  paused_at timestamptz,
  pause_reason text,
  pause_code text,
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  constraint campaigns_pkey primary key (business_id, id),
  constraint fk_campaign_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id),
  constraint ck_campaign_state check (state in ('draft', 'started', 'paused', 'cancelled')),
  constraint ck_campaign_due check (due_at is null or state = 'started'),
  constraint ck_campaign_error_share check (error_share > 0 and error_share <= 1)
);
create index ix_campaign_due on onethread.campaigns (due_at) where due_at is not null;
create index ix_campaign_recent on onethread.campaigns (business_id, created_at desc, id desc);
call onethread.protect('onethread.campaigns', 'select, insert, update', 'select');

create table onethread.campaign_recipients (
  business_id uuid not null,
  campaign_id uuid not null,
  -- The line of the list.
  position integer not null,
  -- As the list names them, for people.
  address text not null,
  -- Who it is, by what is known: the id of the conversation, or "phone:" and the number, spelled in one way. Null: this row gets no message.
  customer text,
  conversation_id uuid,
  -- Of two letters, for the hours of the day; '': not known.
  country text not null default '',
  -- What is filled in for this row, by column.
  fields jsonb not null default '{}',
  state text not null default 'ready',
  -- Why it is bad (a sentence), or was passed over (a code).
  problem text,
  message_id uuid,
  released_at timestamptz,
  attempts smallint not null default 0,
  -- Of a row that is to be sent once more: not before then, and after which message.
  not_before timestamptz not null default '-infinity',
  previous_message_id uuid,
  constraint campaign_recipients_pkey primary key (business_id, campaign_id, position),
  constraint uq_campaign_customer unique (business_id, campaign_id, customer),
  constraint uq_campaign_message unique (business_id, message_id),
  constraint fk_campaign_recipient foreign key (business_id, campaign_id) references onethread.campaigns (business_id, id),
  constraint fk_campaign_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id),
  constraint fk_campaign_message foreign key (business_id, message_id) references onethread.messages (business_id, id),
  constraint ck_campaign_recipient_state check (state in ('ready', 'bad', 'released', 'skipped')),
  constraint ck_campaign_recipient_message check ((state = 'released') = (message_id is not null) and (message_id is null) = (released_at is null)),
  -- Of two rows of one customer the second is bad, or passed over where that was learned later.
  constraint ck_campaign_recipient_customer check (case state when 'bad' then customer is null when 'skipped' then true else customer is not null end),
  constraint ck_campaign_recipient_problem check ((problem is null) = (state in ('ready', 'released')))
) with (fillfactor = 70);
-- Which rows are next, by country; and the ones that left last.
create index ix_campaign_ready on onethread.campaign_recipients (business_id, campaign_id, country, not_before, position) where state = 'ready';
create index ix_campaign_released on onethread.campaign_recipients (business_id, campaign_id, released_at desc) where released_at is not null;
create index ix_campaign_bad on onethread.campaign_recipients (business_id, campaign_id, position) where state = 'bad';
call onethread.protect('onethread.campaign_recipients', 'select, insert, update, delete');
