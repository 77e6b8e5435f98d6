-- Up Migration
-- A vote is done to a poll that was sent before, like a reaction: it opens no window and reopens no thread. A call does (the customer rang), and so does what can be seen
-- on the phone only (they sent something).
create or replace function onethread.opens_window(type text, content jsonb) returns boolean
  language sql immutable parallel safe
  return type not in ('system', 'reaction', 'edit', 'revoke', 'poll_vote', 'request_welcome')
    and (type <> 'unsupported' or coalesce(content #>> '{unsupported,type}', '') not in ('edit', 'revoke', 'reaction', 'poll_update'));
