-- Up Migration
-- WhatsApp has accepted the message, and holds it until it has seen how the first ones of its template, or of the portfolio, are received. Only the answer to the send says so.
alter table onethread.messages add column held_at timestamptz;
