-- Up Migration
-- What the business calls its lead, beside the name that the customer gave himself.
alter table onethread.conversations add column lead_name text;
