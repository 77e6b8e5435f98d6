-- Up Migration
-- The names of conversations that were there before 0034_conversations_at_size.sql. A transaction of its own: it reads whole tables, while everybody goes on writing.
insert into onethread.conversation_names (business_id, conversation_id, name)
select distinct c.business_id, c.id, b.name
  from onethread.conversations c
 cross join unnest(array[c.contact_name, c.lead_name, c.contact_username]) as known (name)
 cross join onethread.name_beginnings(known.name) as b (name)
 where known.name is not null
on conflict do nothing;
