-- Up Migration
-- A customer is found by what the business calls them in its address book, as by their other names (0034_conversations_at_size.sql). Which thread that is, their aliases say.
create table onethread.contact_book_names (
  business_id uuid not null,
  kind text not null,
  value text not null,
  name text collate "C" not null,
  constraint contact_book_names_pkey primary key (business_id, kind, value, name)
);
create index ix_contact_book_name on onethread.contact_book_names (business_id, name, kind, value);
call onethread.protect('onethread.contact_book_names', 'select');

create function onethread.index_book_names() returns trigger
  language plpgsql security definer as $$
begin
  if tg_op = 'UPDATE' then
    delete from onethread.contact_book_names n where n.business_id = new.business_id and n.kind = new.kind and n.value = new.value;
  end if;
  insert into onethread.contact_book_names (business_id, kind, value, name)
  select distinct new.business_id, new.kind, new.value, b.name from onethread.name_beginnings(new.name) as b (name) where new.name is not null
  on conflict do nothing;
  return null;
end $$;
create trigger index_first_book_names after insert on onethread.contact_book for each row execute function onethread.index_book_names();
create trigger index_changed_book_names after update of name on onethread.contact_book
  for each row when (old.name is distinct from new.name) execute function onethread.index_book_names();
