-- Up Migration
-- The names that were in address books before 0059_book_names.sql. A transaction of its own: everybody goes on writing meanwhile.
insert into onethread.contact_book_names (business_id, kind, value, name)
select distinct b.business_id, b.kind, b.value, n.name
  from onethread.contact_book b
 cross join onethread.name_beginnings(b.name) as n (name)
 where b.name is not null
on conflict do nothing;
