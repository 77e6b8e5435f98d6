-- Up Migration
-- A business may want what nobody knows of to be sent again after a while. The new message says which one it may be a second time.
alter table onethread.messages add column possible_duplicate_of uuid;
-- Why it is not sent again, although the business wants that.
alter table onethread.unknown_sends add column not_resent text;
create index ix_unknown_send_since on onethread.unknown_sends (business_id, since) where not_resent is null;
