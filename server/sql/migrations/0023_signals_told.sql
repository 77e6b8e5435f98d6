-- Up Migration
-- Until when a state of a channel has been told again and again: a report from before then is old, however late it comes. And which event told of the
-- state, so that the same report is one event, by however many processes at the same moment.
alter table onethread.channel_signals add column told_at timestamptz;
alter table onethread.channel_signals add column event_id uuid;
