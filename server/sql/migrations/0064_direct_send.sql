-- Up Migration
-- Content without a template that leaves outside the window (Meta: "Direct Send"). Not every account has it, and only a send tells: what was learned is kept for each account;
-- `account` is WhatsApp's id of it, or the channel's own where that is not known. Closed: until `until`, or until somebody says otherwise.
create table onethread.direct_send_access (
  business_id uuid not null,
  account text not null,
  state text not null,
  -- Of when this is known: what was told of before says nothing any more.
  since timestamptz not null,
  until timestamptz,
  reason text,
  -- Of the event that reported it: the same is reported once.
  event_id uuid not null,
  constraint direct_send_access_pkey primary key (business_id, account),
  constraint ck_direct_send_access check (state in ('unknown', 'open', 'closed')),
  constraint fk_direct_send_access_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.direct_send_access', 'select, insert, update');

-- try: also where it is not known whether the account has it. known: only where it is. never: nothing is sent so.
alter table onethread.businesses add column direct_send text not null default 'try';
alter table onethread.businesses add constraint ck_business_direct_send check (direct_send in ('try', 'known', 'never'));

-- What forbids it now; null: nothing. WhatsApp stops a category for templates and Direct Send alike (131064).
create function onethread.obstacle_of_direct_send(business uuid, channel uuid, account text, choice text, at timestamptz) returns text
  language sql stable parallel safe
  begin atomic
    select case
        when choice = 'never' then 'direct_send_off'
        when a.state = 'closed' and coalesce(a.until > obstacle_of_direct_send.at, true) then 'direct_send_closed'
        when exists (
          select from onethread.channel_signals s
           where s.business_id = business and s.channel_id = channel and s.aspect = 'restriction:RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES'
             and s.health <> 'ok' and s.until > obstacle_of_direct_send.at) then 'direct_send_closed'
        when choice = 'known' and a.state is distinct from 'open' then 'direct_send_off'
        when exists (
          select from onethread.category_stops s
           where s.business_id = business and s.account_id = obstacle_of_direct_send.account and s.category = 'UTILITY' and s.until > obstacle_of_direct_send.at)
          then 'category_stopped' end
      from (select) one
      left join onethread.direct_send_access a on a.business_id = business and a.account = coalesce(obstacle_of_direct_send.account, channel::text);
  end;
