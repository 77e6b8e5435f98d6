-- Up Migration
-- What a status says beside the delivery, and says once: what the message costs, the window that an advertisement opened (when it ends cannot be
-- computed), and the template that Direct Send made of the message. Named fields in the provider's own words, never its whole object; null when the
-- status says nothing of it. `conversation` of a status is no conversation of ours, hence the other name.
alter table onethread.message_statuses
  add column pricing jsonb,
  add column entry_window jsonb,
  add column template_id text;
