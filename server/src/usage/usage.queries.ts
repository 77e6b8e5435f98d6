// Owns: the SQL that sums up what was counted. Refuses to know: how it was counted (ingest.queries.ts).
import { defineQuery } from "../db/query.ts";

// As many rows are read as there are days, numbers, categories and countries, however many messages those were.
// - Several rates of a category may hold at once: that of the country before the one for all others, then the newest of the day.
// - Money is numeric here and text outside: nobody rounds it.
export const sumUsage = defineQuery({
  name: "usage.sum",
  role: "app",
  columns: {
    month: "text?",
    day: "text?",
    channel_id: "uuid?",
    category: "text?",
    type: "text?",
    market: "text?",
    messages: "int8",
    delivered: "int8",
    amount: "text?",
    without_rate: "int8",
  },
  params: {
    from: "text",
    to: "text",
    currency: "text?",
    byMonth: "bool",
    byDay: "bool",
    byChannel: "bool",
    byCategory: "bool",
    byType: "bool",
    byMarket: "bool",
    limit: "int4",
  },
  text: `
    with used as materialized (
      select u.day, u.channel_id, u.category, u.type, u.market, sum(u.messages) as messages, sum(u.delivered) as delivered
      from usage_days u
      where u.business_id = :business and u.day between :from::date and :to::date
      group by u.day, u.channel_id, u.category, u.type, u.market
      having sum(u.messages) <> 0
    ), rate as materialized (
      select d.*, (
          select r.amount from rates r
          where r.currency = :currency and r.category = d.category and r.market in (d.market, '*') and r.effective_from <= d.day
          order by r.market = '*', r.effective_from desc
          limit 1) as amount
      from (select distinct u.day, u.category, u.market from used u where u.type = 'regular') d
    ), priced as (
      select u.*, case when u.type = 'paid_exempt' or u.type like 'free!_%' escape '!' then 0 when u.type = 'regular' then u.delivered * r.amount end as amount
      from used u
      left join rate r on r.day = u.day and r.category = u.category and r.market = u.market
    )
    select case when :byMonth then to_char(p.day, 'YYYY-MM') end as month,
      case when :byDay then p.day::text end as day,
      case when :byChannel then p.channel_id end as channel_id,
      case when :byCategory then p.category end as category,
      case when :byType then p.type end as type,
      case when :byMarket then p.market end as market,
      sum(p.messages)::int8 as messages, sum(p.delivered)::int8 as delivered, trim_scale(sum(p.amount))::text as amount,
      coalesce(sum(p.delivered) filter (where p.amount is null), 0)::int8 as without_rate
    from priced p
    group by 1, 2, 3, 4, 5, 6
    order by 1, 2, 3, 4, 5, 6
    limit :limit`,
});

/** Per number and month, of months whose first day is from `from` to `to`: service messages as the platform priced them. */
export const sumServiceMessages = defineQuery({
  name: "usage.sum-service-messages",
  role: "app",
  columns: { channel_id: "uuid", month: "text", free: "int8", charged: "int8" },
  params: { from: "text", to: "text", limit: "int4" },
  text: `
    select u.channel_id, to_char(u.day, 'YYYY-MM') as month,
      coalesce(sum(u.delivered) filter (where u.type in ('free_customer_service', 'free_group_customer_service')), 0)::int8 as free,
      coalesce(sum(u.delivered) filter (where u.type in ('regular', 'paid_exempt')), 0)::int8 as charged
    from usage_days u
    where u.business_id = :business and u.day >= :from::date and u.day < (:to::date + interval '1 month')::date and u.category in ('service', 'group_service')
    group by 1, 2
    having sum(u.messages) <> 0
    order by 2, 1
    limit :limit`,
});
