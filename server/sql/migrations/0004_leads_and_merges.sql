-- Up Migration
-- What the business calls its lead, beside the name that the customer gave himself.
alter table onethread.conversations add column lead_name text;

-- A merge moves turns, and the foreign key looks for every one whether another turn continues it: without this, 33,000 turns took over 20 seconds
-- of a commit (measured 2026-11-22).
create index ix_turn_continues on onethread.turns (business_id, conversation_id, continues_from);
