-- Up Migration
-- Rules that several statements need, each said once. The planner puts those without a query of their own in the place where they are called.

-- Only the Cloud API has a window. A conversation without a channel is taken for one of those.
create function onethread.has_window(provider text) returns boolean
  language sql immutable parallel safe
  return coalesce(provider = 'cloud', true);

-- Null: it has none, or the customer has not written yet.
create function onethread.window_closes_at(last_customer_message_at timestamptz, provider text) returns timestamptz
  language sql stable parallel safe
  return case when onethread.has_window(provider) then last_customer_message_at + interval '24 hours' end;

create function onethread.window_is_open(last_customer_message_at timestamptz, provider text, at timestamptz) returns boolean
  language sql stable parallel safe
  return not onethread.has_window(provider) or coalesce(last_customer_message_at + interval '24 hours' > at, false);

-- Null: it does not end by time, or there is none. What stands in conversations.ai_paused_at stays there after the end.
create function onethread.pause_ends_at(paused_at timestamptz, pause_ms bigint) returns timestamptz
  language sql stable parallel safe
  return paused_at + pause_ms * interval '1 millisecond';

create function onethread.pause_lasts(paused_at timestamptz, pause_ms bigint, at timestamptz) returns boolean
  language sql stable parallel safe
  return paused_at is not null and coalesce(paused_at + pause_ms * interval '1 millisecond' > at, true);

-- When a burst of messages may be answered: its customer has been quiet for long enough, or it has lasted for long enough.
create function onethread.burst_ends_at(first_at timestamptz, last_at timestamptz, quiet_ms integer, ceiling_ms integer) returns timestamptz
  language sql stable parallel safe
  return least(last_at + quiet_ms * interval '1 millisecond', first_at + ceiling_ms * interval '1 millisecond');

-- A template is marketing unless WhatsApp said otherwise of all that it may be: without an account, those of any.
create function onethread.may_be_marketing(business uuid, account text, template text, language text) returns boolean
  language sql stable parallel safe
  begin atomic
    select not coalesce(bool_and(upper(t.category) in ('UTILITY', 'AUTHENTICATION') and t.category is not null), false)
      from onethread.template_states t
     where t.business_id = business and t.name = template and t.language = may_be_marketing.language and t.account_id = coalesce(account, t.account_id);
  end;
