-- Up Migration
-- Phone numbers to be looked for by their last digits, or as they are written within their country: turned round, an end is a beginning, and so a range of an ordinary
-- index, whose order is that of bytes. It is a column, because where row-level security is on an expression of columns is no condition of an index (0034).
-- The table is written anew, during which nobody reads or writes it (measured in docs/benchmarks.md): webhooks are answered 503 and delivered again.
alter table onethread.aliases
  add column phone_reversed text collate "C" generated always as (case when kind = 'phone' then reverse(value) end) stored;
create index ix_alias_phone_end on onethread.aliases (business_id, phone_reversed, conversation_id) where phone_reversed is not null;
