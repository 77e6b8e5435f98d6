-- Up Migration
-- Sessions end with a summary, also at the change of the day, and can be rebuilt from the messages. Code that knows nothing of it goes on: what it
-- closes has the state 'none' and is picked up by `onethread sessions rebuild`.

alter table onethread.sessions drop constraint ck_session_closed_reason;
alter table onethread.sessions add constraint ck_session_closed_reason check (closed_reason in ('inactive', 'new_day', 'by_hand', 'merged'));

alter table onethread.sessions
  add column summary_state text not null default 'none',
  add column topic text,
  add column outcome text,
  add column open_points jsonb,
  add column summary_source text,
  -- Failures of the summary that is wanted now; it does not grow beyond the one that was given up.
  add column summary_attempts integer not null default 0,
  add column summary_error text,
  add column summarized_at timestamptz,
  add column summary_input_tokens integer,
  add column summary_output_tokens integer,
  add constraint ck_session_summary_state check (summary_state in ('none', 'pending', 'done', 'too_short')),
  add constraint ck_session_summarized check (summary_state not in ('done', 'too_short') or (summary is not null and summary_source is not null and summarized_at is not null)),
  add constraint ck_session_summary_source check (summary_source in ('extractive', 'model', 'message', 'adopted')),
  add constraint ck_session_summary_attempts check (summary_attempts >= 0),
  add constraint ck_session_open_points check (jsonb_typeof(open_points) = 'array');

-- What an older system had summed up.
update onethread.sessions set summary_state = 'done', summary_source = 'adopted', summarized_at = closed_at where summary is not null and closed_at is not null;

-- The summaries that are wanted: almost none at any time.
create index ix_session_pending on onethread.sessions (business_id, conversation_id, from_seq) where summary_state = 'pending';
-- A rebuild takes away what the messages do not bear out.
grant delete on onethread.sessions to onethread_app;
