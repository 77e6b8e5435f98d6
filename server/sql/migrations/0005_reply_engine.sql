-- Up Migration
-- The reply engine: how a business wants to be answered for, what a turn cost, turns that wait for somebody outside, and the outbox of events.

-- One document per business, parsed by replies/reply-settings.ts; what it lacks has its default there.
create table onethread.reply_settings (
  business_id uuid not null,
  settings jsonb not null,
  updated_at timestamptz not null,
  constraint reply_settings_pkey primary key (business_id),
  constraint ck_reply_settings_object check (jsonb_typeof(settings) = 'object'),
  constraint fk_reply_settings_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.reply_settings', 'select, insert, update');

-- Keys of models, signing secrets of webhooks, what tools put into their headers. Never shown again.
create table onethread.reply_secrets (
  business_id uuid not null,
  name text not null,
  value text not null,
  updated_at timestamptz not null,
  constraint reply_secrets_pkey primary key (business_id, name),
  constraint ck_reply_secret_name check (name ~ '^[a-z][a-z0-9_]{0,63}$'),
  constraint fk_reply_secret_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.reply_secrets', 'select, insert, update, delete', reader => false);

-- What is switched for the whole installation. Absent: on.
create table onethread.switches (
  name text not null,
  is_on boolean not null,
  reason text,
  changed_at timestamptz not null,
  constraint switches_pkey primary key (name),
  constraint ck_switch_name check (name in ('ai'))
);
grant select on onethread.switches to onethread_app, onethread_reader;
grant select, insert, update on onethread.switches to onethread_ingest;

-- How many replies of this business may be written at the same time; null: the share that the worker gives to each.
alter table onethread.businesses add column reply_concurrency integer,
  add constraint ck_business_reply_concurrency check (reply_concurrency between 1 and 10000);

alter table onethread.turns
  add column model text,
  add column input_tokens integer,
  add column output_tokens integer,
  -- Millionths of the currency in which the business has entered its model's price.
  add column cost_micros bigint,
  add column latency_ms integer,
  add column tool_calls jsonb,
  -- The texts of the business that the reply rests on.
  add column sources jsonb;
-- What a business and a conversation have used up today: budgets are read from the turns themselves, there is no second account.
create index ix_turn_usage on onethread.turns (business_id, finished_at) include (conversation_id, input_tokens, output_tokens, cost_micros)
  where input_tokens is not null;

-- A turn whose answer comes from outside: from the business's own agent, or from a person who approves a tool call. At most one per
-- conversation; the lane is parked until then and held by nobody. The row goes with the commit of its turn. asking: the question is on its way, and
-- asked again under the same id when the one who asks dies.
create table onethread.waiting_turns (
  business_id uuid not null,
  conversation_id uuid not null,
  id uuid not null,
  covers_to bigint not null,
  answered_to bigint not null,
  waits_for text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  answer jsonb,
  answered_at timestamptz,
  -- What it has used up before it began to wait.
  work jsonb,
  constraint waiting_turns_pkey primary key (business_id, conversation_id),
  constraint uq_waiting_turn unique (business_id, id),
  constraint ck_waiting_turn_for check (waits_for in ('asking', 'answer', 'approval')),
  constraint ck_waiting_turn_answered check ((answer is null) = (answered_at is null)),
  constraint fk_waiting_turn_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
call onethread.protect('onethread.waiting_turns', 'select, insert, update, delete');

-- Waits for somebody outside until check_at; a message that comes in the meantime wakes it.
alter table onethread.lanes add column parked boolean not null default false;

-- What happened, in the transaction in which it happened. docs/outbox.md lists the types and their data.
create table onethread.events (
  business_id uuid not null,
  id uuid not null,
  type text not null,
  conversation_id uuid,
  -- The turn, session, tool call … that it is about.
  subject_id uuid,
  data jsonb not null default '{}',
  at timestamptz not null,
  constraint events_pkey primary key (business_id, id),
  constraint ck_event_type check (type ~ '^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$')
);
create index ix_event_at on onethread.events (business_id, at, id);
call onethread.protect('onethread.events', 'select, insert', 'insert');

-- What is known of the customer beside his name: said by him and noted by the AI's tool, or entered by the business.
create table onethread.customer_facts (
  business_id uuid not null,
  conversation_id uuid not null,
  facts jsonb not null,
  updated_at timestamptz not null,
  constraint customer_facts_pkey primary key (business_id, conversation_id),
  constraint ck_customer_facts check (jsonb_typeof(facts) = 'object' and length(facts::text) <= 8000),
  constraint fk_customer_facts_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
call onethread.protect('onethread.customer_facts', 'select, insert, update');

-- Every call of a tool, written before it is made. Within one burst (answered_to) the same call with the same arguments is made once, however
-- often the turn is superseded, tried again, or taken over after a crash.
create table onethread.tool_calls (
  business_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  turn_id uuid not null,
  answered_to bigint not null,
  tool text not null,
  arguments jsonb not null,
  arguments_hash text not null,
  state text not null,
  result jsonb,
  error text,
  attempts integer not null default 0,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  decided_at timestamptz,
  decided_by text,
  constraint tool_calls_pkey primary key (business_id, id),
  constraint uq_tool_call_once unique (business_id, conversation_id, answered_to, tool, arguments_hash),
  constraint ck_tool_call_state check (state in ('waiting', 'approved', 'denied', 'running', 'done', 'failed', 'unknown')),
  constraint ck_tool_call_done check (state <> 'done' or result is not null),
  constraint ck_tool_call_failed check (state not in ('failed', 'unknown') or error is not null),
  constraint ck_tool_call_decided check ((decided_at is null) = (decided_by is null)),
  constraint fk_tool_call_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create index ix_tool_call_conversation on onethread.tool_calls (business_id, conversation_id, created_at);
create index ix_tool_call_waiting on onethread.tool_calls (business_id, created_at) where state = 'waiting';
call onethread.protect('onethread.tool_calls', 'select, insert, update');

-- Tools that a business defines: HTTP requests, and servers that speak the Model Context Protocol.
create table onethread.tools (
  business_id uuid not null,
  id uuid not null,
  name text not null,
  kind text not null,
  description text not null,
  definition jsonb not null,
  needs_approval boolean not null default false,
  is_enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint tools_pkey primary key (business_id, id),
  constraint uq_tool_name unique (business_id, name),
  constraint ck_tool_name check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint ck_tool_kind check (kind in ('http', 'mcp')),
  constraint fk_tool_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.tools', 'select, insert, update, delete');
