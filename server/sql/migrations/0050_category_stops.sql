-- Up Migration
-- What WhatsApp refuses an account for a while, short of everything: templates of one category (131064). It does not say for how long; whoever tries after `until` finds out.
create table onethread.category_stops (
  business_id uuid not null,
  account_id text not null,
  category text not null,
  since timestamptz not null,
  -- Resumed by a person: when they did it. A refusal of before that stops nothing.
  until timestamptz not null,
  reason text not null,
  -- Of the event that reported it: the same stop is reported once.
  event_id uuid not null,
  constraint category_stops_pkey primary key (business_id, account_id, category),
  constraint ck_category_stop check (category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
  constraint fk_category_stop_business foreign key (business_id) references onethread.businesses (id)
);
call onethread.protect('onethread.category_stops', 'select, insert, update');
-- People should read of it.
grant insert on onethread.notices to onethread_app;

-- When a person last resumed it: what was refused before that stops it no more.
alter table onethread.channels add column resumed_at timestamptz;

create or replace function onethread.obstacle_of_template(business uuid, account text, template text, language text, at timestamptz) returns text
  language sql stable parallel safe
  begin atomic
    select coalesce(onethread.template_obstacle(t.status, t.paused_until, obstacle_of_template.at), (
             select 'category_stopped' from onethread.category_stops s
              where s.business_id = business and s.account_id = account and s.category = upper(t.category) and s.until > obstacle_of_template.at))
      from onethread.template_states t
     where t.business_id = business and t.account_id = account and t.name = template and t.language = obstacle_of_template.language;
  end;
