-- Up Migration
-- A conversation that began with an ad (Meta: "free entry point"), while WhatsApp reports it as open: of one customer on one number. Never by a guess of ours from what the
-- customer came by. Whether content may be sent in it beyond the 24 hours is not documented: it is tried, and what was refused is remembered.
create table onethread.entry_windows (
  business_id uuid not null,
  conversation_id uuid not null,
  channel_id uuid not null,
  until timestamptz not null,
  -- When WhatsApp refused what only this window would have let out (131047).
  refused_at timestamptz,
  constraint entry_windows_pkey primary key (business_id, conversation_id, channel_id),
  constraint fk_entry_window_conversation foreign key (business_id, conversation_id) references onethread.conversations (business_id, id),
  constraint fk_entry_window_channel foreign key (business_id, channel_id) references onethread.channels (business_id, id)
);
create index ix_entry_window_refused on onethread.entry_windows (business_id, channel_id, refused_at) where refused_at is not null;
call onethread.protect('onethread.entry_windows', 'select, insert, update, delete', 'select, insert, update');

-- How long it lets content out; null: there is none. A number on which that was refused is not tried for 30 days.
create function onethread.entry_window_until(business uuid, conversation uuid, channel uuid, at timestamptz) returns timestamptz
  language sql stable parallel safe
  return (
    select e.until from onethread.entry_windows e
     where e.business_id = business and e.conversation_id = conversation and e.channel_id = channel and e.until > entry_window_until.at
       and not exists (
         select from onethread.entry_windows r
          where r.business_id = business and r.channel_id = channel and r.refused_at > entry_window_until.at - interval '30 days'));
