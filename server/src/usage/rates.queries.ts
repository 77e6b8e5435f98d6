// Owns: the SQL of the prices that an operator has loaded. They belong to the installation, to no business.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

export const listCurrenciesAcrossBusinesses = defineQuery({
  name: "usage.list-currencies-across-businesses",
  role: "ingest",
  columns: { currency: "text" },
  params: {},
  // Each currency has thousands of rates: one look-up for each instead of reading them all.
  text: `
    with recursive known (currency) as (
      (select r.currency from rates r order by r.currency limit 1)
      union all
      select (select r.currency from rates r where r.currency > k.currency order by r.currency limit 1) from known k where k.currency is not null
    )
    select k.currency from known k where k.currency is not null`,
});

/** All or nothing: what of the given currencies is not given any more is gone. */
export const replaceRatesAcrossBusinesses = defineQuery({
  name: "usage.replace-rates-across-businesses",
  role: "ingest",
  columns: {},
  params: { rates: rowsOf({ currency: "text", category: "text", market: "text", effectiveFrom: "text", amount: "text" }) },
  text: `
    with given as materialized (
      select g.currency, g.category, g.market, g.effective_from::date as effective_from, g.amount::numeric as amount from :rates as g
    ), gone as (
      delete from rates r
      where r.currency in (select g.currency from given g)
        and not exists (
          select from given g where g.currency = r.currency and g.category = r.category and g.market = r.market and g.effective_from = r.effective_from)
    )
    insert into rates (currency, category, market, effective_from, amount)
    select g.currency, g.category, g.market, g.effective_from, g.amount from given g
    order by g.currency, g.category, g.market, g.effective_from
    on conflict on constraint rates_pkey do update set amount = excluded.amount`,
});

/** The rates of each currency and category, with their newest date. */
export const listRatesAcrossBusinesses = defineQuery({
  name: "usage.list-rates-across-businesses",
  role: "ingest",
  columns: { currency: "text", category: "text", effective_from: "text", rates: "int8", lowest: "text", highest: "text" },
  params: {},
  text: `
    select r.currency, r.category, r.effective_from::text, count(*) as rates, trim_scale(min(r.amount))::text as lowest, trim_scale(max(r.amount))::text as highest
    from rates r
    group by r.currency, r.category, r.effective_from
    order by r.currency, r.category, r.effective_from`,
});
