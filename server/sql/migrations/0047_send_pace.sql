-- Up Migration
-- What a number may send, shared by all processes. Columns of the channel, so that the row is there wherever the channel is.
alter table onethread.channels
  add column sends_per_second int,
  add column sends_in_a_row int,
  -- The moment at which this number would have sent all it has sent, at its own rate (GCRA). Null: it has sent nothing yet.
  add column sends_until timestamptz,
  add column slowed_until timestamptz,
  add column held_until timestamptz,
  add column held_reason text,
  add constraint ck_channel_pace check (sends_per_second between 1 and 10000 and sends_in_a_row between 1 and 45);

-- The same for one customer: the lane of their conversation.
alter table onethread.lanes add column sends_until timestamptz;

-- Meta, "Throughput": 80 messages per second and number, 1,000 once WhatsApp has said that it was upgraded. The gateways name no rate: null, no limit.
create function onethread.sends_per_second(provider text, chosen int, is_upgraded boolean) returns int
  language sql immutable parallel safe
  return coalesce(chosen, case when provider <> 'cloud' then null when is_upgraded then 1000 else 80 end);

-- WhatsApp has said so in a webhook (THROUGHPUT_UPGRADE).
create function onethread.number_is_upgraded(business uuid, channel uuid) returns boolean
  language sql stable parallel safe
  return exists (select from onethread.channel_signals s where s.business_id = business and s.channel_id = channel and s.aspect = 'throughput');

-- How many conversations wait to send, up to 5,000. A function, so that the plan of who asks does not depend on it: it is asked only when something has to wait.
create function onethread.sends_waiting(business uuid) returns int
  language sql stable parallel safe
  return (select count(*)::int from (
    select from onethread.lanes l where l.kind = 'send' and l.business_id = business and l.check_at is not null limit 5000) waiting);

-- Meta, "Pair rate limits": one message per 6 s to one customer, up to 45 at once that are paid back later. We stay far below: null, no limit.
create function onethread.sends_in_a_row(provider text, chosen int) returns int
  language sql immutable parallel safe
  return coalesce(chosen, case when provider = 'cloud' then 10 end);

-- How far ahead of its rate a number may be for a message of this author: what somebody waits for finds room beside what a program sends in bulk.
create function onethread.sends_ahead(author text) returns interval
  language sql immutable parallel safe
  return case author when 'api' then interval '500 milliseconds' else interval '1 second' end;
