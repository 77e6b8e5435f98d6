-- Up Migration
-- From which debounce on the customer sees "typing" before it is over. One rule for ingest, which wakes the lane at once then, and for the turn, which
-- must know whether it was looked at early.
create function onethread.shows_typing_early(quiet_ms integer) returns boolean
  language sql immutable parallel safe
  return quiet_ms >= 500;
