-- Up Migration
-- The local copy of the templates of an account: their content and its versions, and when it was last read. What a webhook says and what a list says
-- go into the same row, by time.

-- Rewrites this table alone: some thousand rows at most. Each business has a row of its own, also where two share an account.
alter table onethread.template_states
  add column id uuid not null default gen_random_uuid(),
  -- The platform's id. A template that was deleted and made anew under its old name has another one.
  add column provider_id text,
  add column parameter_format text,
  -- As WhatsApp lists them; null: nothing but reports is known of it.
  add column components jsonb,
  add column content_at timestamptz,
  -- The number of the content in template_versions.
  add column version integer not null default 0,
  -- Further fields of the platform, in its own words.
  add column details jsonb not null default '{}',
  -- Why it was rejected or paused, in the platform's word.
  add column reason text,
  -- When a pause ends; null: it does not say, or is not paused.
  add column paused_until timestamptz,
  -- The category that WhatsApp has announced, and from when on.
  add column next_category text,
  add column next_category_at timestamptz,
  -- The beginning of the newest read that found it.
  add column seen_at timestamptz,
  -- From when on it should be read anew, alone.
  add column wanted_at timestamptz,
  add constraint uq_template_id unique (business_id, id);
create index ix_template_wanted on onethread.template_states (business_id, account_id, wanted_at) where wanted_at is not null;
grant insert, update on onethread.template_states to onethread_app;

-- What a template said, from when on.
create table onethread.template_versions (
  business_id uuid not null,
  template_id uuid not null,
  version integer not null,
  components jsonb not null,
  parameter_format text not null,
  category text,
  from_at timestamptz not null,
  constraint template_versions_pkey primary key (business_id, template_id, version),
  constraint fk_template_version foreign key (business_id, template_id) references onethread.template_states (business_id, id)
);
call onethread.protect('onethread.template_versions', 'select, insert');

-- When the templates of an account were read, how far a reading is, and when the next one is due.
create table onethread.template_accounts (
  business_id uuid not null,
  account_id text not null,
  -- When something is to be read: single templates, or all of them. Infinity while somebody reads, or reads all.
  due_at timestamptz not null default now(),
  full_due_at timestamptz not null default now(),
  -- Whoever reads has it until then; the fence is compared in every statement that writes what was read.
  leased_until timestamptz,
  fence bigint not null default 0,
  -- Of a reading of all that is not finished: when it began, and after which cursor it goes on.
  pass_began_at timestamptz,
  pass_cursor text,
  -- The beginning of the last reading of all that was finished.
  synced_at timestamptz,
  failed_at timestamptz,
  failures integer not null default 0,
  error_text text,
  template_count integer,
  template_limit integer,
  -- marketing_messages_onboarding_status, in the platform's word.
  marketing_status text,
  constraint template_accounts_pkey primary key (business_id, account_id),
  constraint fk_template_account_business foreign key (business_id) references onethread.businesses (id)
);
create index ix_template_account_due on onethread.template_accounts (due_at);
create index ix_template_account_lease on onethread.template_accounts (leased_until) where leased_until is not null;
call onethread.protect('onethread.template_accounts', 'select, insert, update', 'select, insert, update');

insert into onethread.template_accounts (business_id, account_id)
select distinct business_id, account_id from onethread.channels where provider = 'cloud' and account_id is not null;

-- Why a template cannot be sent now; null: nothing is known that forbids it. What is under review is left to the platform: the approved content before it may
-- still go out. A pause that says when it ends is over then.
create function onethread.template_obstacle(status text, paused_until timestamptz, at timestamptz) returns text
  language sql immutable parallel safe
  return case upper(status)
    when 'PAUSED' then case when coalesce(paused_until > at, true) then 'template_paused' end
    when 'DISABLED' then 'template_disabled'
    when 'REJECTED' then 'template_rejected'
    when 'DELETED' then 'template_deleted'
    when 'ARCHIVED' then 'template_archived' end;

create function onethread.obstacle_of_template(business uuid, account text, template text, language text, at timestamptz) returns text
  language sql stable parallel safe
  begin atomic
    select onethread.template_obstacle(t.status, t.paused_until, obstacle_of_template.at)
      from onethread.template_states t
     where t.business_id = business and t.account_id = account and t.name = template and t.language = obstacle_of_template.language;
  end;
