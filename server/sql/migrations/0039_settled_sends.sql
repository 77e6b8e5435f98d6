-- Up Migration
-- A message that waits may be cancelled, and one of which nobody knows whether it left may be settled by a person: accepted without an id of the provider's, or
-- failed. Nothing is read anew under a lock of its own: the old rules allowed less.
alter table onethread.messages drop constraint ck_message_status, drop constraint ck_message_has_provider_id;
alter table onethread.messages
  add constraint ck_message_status check (
    case direction when 'in' then status = 'received'
                   else status in ('queued', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'read', 'played', 'failed', 'cancelled') end) not valid,
  add constraint ck_message_has_provider_id check (
    provider_message_id is not null
    or (direction = 'out' and (status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') or status = 'accepted' and error_code = 'settled_by_hand'))) not valid;
alter table onethread.messages validate constraint ck_message_status;
alter table onethread.messages validate constraint ck_message_has_provider_id;
