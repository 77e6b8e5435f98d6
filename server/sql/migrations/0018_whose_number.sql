-- Up Migration
-- Whose a phone number was when. A number goes from one person to the next, so it leads to a thread within a time: of an alias, its present holder's.
-- Both are the provider's time; null is "as far as anybody knows". A number that its holder left leads on to their thread until somebody else writes from it.
alter table onethread.aliases
  add column held_since timestamptz,
  add column held_until timestamptz,
  add constraint ck_alias_held check (held_since <= held_until);

-- Who had a number before its present holder, for messages of then that come late. A thread that was merged away answers with its winner.
create table onethread.former_aliases (
  business_id uuid not null,
  kind text not null,
  value text not null,
  conversation_id uuid not null,
  held_since timestamptz,
  held_until timestamptz not null,
  constraint former_aliases_pkey primary key (business_id, kind, value, held_until),
  constraint ck_former_alias_kind check (kind = 'phone'),
  constraint ck_former_alias_held check (held_since <= held_until),
  constraint fk_former_alias_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id)
);
create index ix_former_alias_conversation on onethread.former_aliases (business_id, conversation_id);
call onethread.protect('onethread.former_aliases', 'select, insert, update');
