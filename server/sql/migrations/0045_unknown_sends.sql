-- Up Migration
-- The messages of which nobody knows whether they were sent, each for as long as that is so, however it came and however it ends: a trigger keeps the list, so that whoever
-- looks for them reads no other message.
create table onethread.unknown_sends (
  business_id uuid not null,
  message_id uuid not null,
  since timestamptz not null,
  -- When the provider is asked next what it has sent; null: it is not asked (any more).
  look_at timestamptz,
  looks smallint not null default 0,
  constraint unknown_sends_pkey primary key (business_id, message_id),
  constraint fk_unknown_send_message foreign key (business_id, message_id) references onethread.messages (business_id, id)
);
create index ix_unknown_send_look on onethread.unknown_sends (business_id, look_at) where look_at is not null;
call onethread.protect('onethread.unknown_sends', 'select, update', 'select, update');

create function onethread.list_unknown_send() returns trigger
  language plpgsql security definer as $$
begin
  if new.status = 'unknown' then
    -- A status of the platform settles most of them within a minute.
    insert into onethread.unknown_sends (business_id, message_id, since, look_at) values (new.business_id, new.id, now(), now() + interval '1 minute')
    on conflict do nothing;
  else
    delete from onethread.unknown_sends u where u.business_id = new.business_id and u.message_id = new.id;
  end if;
  return null;
end $$;
create trigger list_unknown_send after update of status on onethread.messages for each row
  when ((old.status = 'unknown') <> (new.status = 'unknown')) execute function onethread.list_unknown_send();

insert into onethread.unknown_sends (business_id, message_id, since, look_at)
select m.business_id, m.id, coalesce(m.attempted_at, m.received_at), now() from onethread.messages m
 where m.status = 'unknown' and m.provider_message_id is null and m.failed_at is null
on conflict do nothing;

-- What a number's account has or does not have, found out by asking.
create table onethread.channel_probes (
  business_id uuid not null,
  channel_id uuid not null,
  probe text not null,
  -- It was refused; it is not asked for again until then.
  off_until timestamptz not null,
  reason text not null,
  constraint channel_probes_pkey primary key (business_id, channel_id, probe),
  constraint ck_channel_probe check (probe in ('sent_lookup')),
  constraint fk_channel_probe foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
call onethread.protect('onethread.channel_probes', 'select, insert, update');
