-- Up Migration
-- When this business changed an approved template through us: WhatsApp takes one change a day, and ten in 30 days.
alter table onethread.template_states add column edited_at timestamptz[] not null default '{}';
