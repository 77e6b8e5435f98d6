-- Up Migration
-- Which messages of a customer open the 24 hour window and reopen a closed thread: what they said, not what they did to something said before, and not
-- what the platform tells of them. One rule for ingest, splits and the doctor. Whether Meta counts a reaction or an edit is not documented: a
-- window that is believed closed costs a template, one that is believed open costs the message (131047).
create function onethread.opens_window(type text, content jsonb) returns boolean
  language sql immutable parallel safe
  return type not in ('system', 'reaction', 'edit', 'revoke', 'request_welcome')
    and (type <> 'unsupported' or coalesce(content #>> '{unsupported,type}', '') not in ('edit', 'revoke', 'reaction'));
