-- Up Migration
-- Lists of conversations by what they are filtered by, and names to be looked for by the beginning of a word: as much is read in a business of a million
-- conversations as in one of a thousand. Where row-level security is on, only comparisons of columns and plain expressions can be conditions of an index:
-- no `coalesce`, no full-text or array operator, no trigrams. So both are ordinary b-trees.

create function onethread.channel_or_none(channel_id uuid) returns uuid
  language sql immutable parallel safe
  return case when channel_id is null then '00000000-0000-0000-0000-000000000000'::uuid else channel_id end;

create index ix_conversation_filtered on onethread.conversations
  (business_id, onethread.channel_or_none(reply_channel_id), is_open, last_message_at desc, id desc) where merged_into is null;

-- What a name can be found by: itself from each of its words on, and from each sign on of scripts that are written without blanks (Thai to Khmer, Korean,
-- Japanese, Chinese). Bounded, because anybody may call themselves anything.
create function onethread.name_beginnings(name text) returns setof text
  language plpgsql immutable parallel safe as $$
declare
  unbroken constant text := '[\u0E00-\u0EFF\u1000-\u11FF\u1780-\u17FF\u3040-\u30FF\u3400-\u9FFF\U00020000-\U0003FFFF]';
  rest text := onethread.fold_name(left(name, 200));
  blank integer;
begin
  if rest ~ unbroken then
    return query select left(substr(rest, i), 64) from generate_series(1, length(rest)) i
      where substr(rest, i, 1) <> ' ' and (i = 1 or substr(rest, i - 1, 1) = ' ' or substr(rest, i, 1) ~ unbroken);
    return;
  end if;
  while rest <> '' loop
    return next left(rest, 64);
    blank := strpos(rest, ' ');
    exit when blank = 0;
    rest := substr(rest, blank + 1);
  end loop;
end $$;

-- In the order of bytes, so that a beginning is a range. No foreign key: only the triggers write it, and a conversation is never deleted. One that was merged
-- keeps its names, and is not shown.
create table onethread.conversation_names (
  business_id uuid not null,
  conversation_id uuid not null,
  name text collate "C" not null,
  constraint conversation_names_pkey primary key (business_id, conversation_id, name)
);
create index ix_conversation_name on onethread.conversation_names (business_id, name, conversation_id);
call onethread.protect('onethread.conversation_names', 'select');

-- Once for all conversations that a statement begins.
create function onethread.index_first_names() returns trigger
  language plpgsql security definer as $$
begin
  insert into onethread.conversation_names (business_id, conversation_id, name)
  select distinct f.business_id, f.id, b.name
    from fresh f
   cross join unnest(array[f.contact_name, f.lead_name, f.contact_username]) as known (name)
   cross join onethread.name_beginnings(known.name) as b (name)
   where known.name is not null;
  return null;
end $$;
create trigger index_first_names after insert on onethread.conversations
  referencing new table as fresh for each statement execute function onethread.index_first_names();

create function onethread.index_changed_names() returns trigger
  language plpgsql security definer as $$
begin
  delete from onethread.conversation_names n where n.business_id = new.business_id and n.conversation_id = new.id;
  insert into onethread.conversation_names (business_id, conversation_id, name)
  select distinct new.business_id, new.id, b.name
    from unnest(array[new.contact_name, new.lead_name, new.contact_username]) as known (name)
   cross join onethread.name_beginnings(known.name) as b (name)
   where known.name is not null;
  return null;
end $$;
create trigger index_changed_names after update of contact_name, lead_name, contact_username on onethread.conversations
  for each row when (old.contact_name is distinct from new.contact_name or old.lead_name is distinct from new.lead_name
    or old.contact_username is distinct from new.contact_username)
  execute function onethread.index_changed_names();
