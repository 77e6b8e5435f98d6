-- Up Migration
-- What a campaign sends may be a quarter of a second ahead of the rate. Without that one message left with each statement that begins sends, however many waited: 20 a second of 1,000 (2026-11-30). It
-- still gives way: a program is half a second ahead, people and the AI are a whole one.
create or replace function onethread.sends_ahead(author text) returns interval
  language sql immutable parallel safe
  return case author when 'campaign' then interval '250 milliseconds' when 'api' then interval '500 milliseconds' else interval '1 second' end;
