-- Up Migration
-- What a status that names a price says, in five words: the rank of the status, its day in the business's time zone, category, type, and the recipient's country
-- ("4 2026-11-25 service regular IN"; the country is left out where it is not known). Of the prices of a message the greatest one is its own, so that any order of arrival
-- ends in the same. Only the status statement writes it, together with the row of usage_days that it counts in. No index knows it: statuses stay HOT (0033). One text
-- instead of five columns, or of an array: compared and grouped for every status, those cost 10 microseconds each time (measured 2026-11-30).
alter table onethread.messages add column price text collate "C";
alter table onethread.message_statuses add column price text collate "C";

-- How many messages with a price there are, per number, day, category, type and market, and how many of them were delivered. A message is in one row. The number of a
-- row is the sum over its shards: each connection counts in its own, so that two processes do not wait for each other; one shard alone may be below zero.
create table onethread.usage_days (
  business_id uuid not null,
  channel_id uuid not null,
  day date not null,
  category text not null,
  type text not null,
  market text not null,
  shard smallint not null,
  messages bigint not null,
  delivered bigint not null,
  constraint usage_days_pkey primary key (business_id, day, channel_id, category, type, market, shard),
  constraint fk_usage_day_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id)
) with (fillfactor = 50);
call onethread.protect('onethread.usage_days', 'select', 'select, insert, update');

-- What an operator has loaded of Meta's rate cards: the price of one delivered message. Of the whole installation, as the switches are.
create table onethread.rates (
  currency text not null,
  category text not null,
  -- A country, or '*' for all that have no rate of their own.
  market text not null,
  effective_from date not null,
  amount numeric not null,
  constraint rates_pkey primary key (currency, category, market, effective_from),
  constraint ck_rate_currency check (currency ~ '^[A-Z]{3}$'),
  constraint ck_rate_market check (market ~ '^([A-Z]{2}|[*])$'),
  constraint ck_rate_amount check (amount >= 0)
);
grant select on onethread.rates to onethread_app, onethread_reader;
grant select, insert, update, delete on onethread.rates to onethread_ingest;
