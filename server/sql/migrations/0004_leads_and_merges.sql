-- Up Migration
-- What the business calls its lead, beside the name that the customer gave himself.
alter table onethread.conversations add column lead_name text;

-- A merge moves turns, and the foreign key looks for every one whether another turn continues it: without this, 33,000 turns took over 20 seconds
-- of a commit (measured 2026-11-22).
create index ix_turn_continues on onethread.turns (business_id, conversation_id, continues_from);

-- For display only: a username may change, and proves nothing.
alter table onethread.conversations add column contact_username text;

-- In a group the AI is silent, unless the business wants it to answer there.
alter table onethread.businesses add column answers_groups boolean not null default false;
