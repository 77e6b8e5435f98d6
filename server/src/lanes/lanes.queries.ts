// Owns: claiming and letting go of lanes. What a lane's work writes belongs to the feature that does it, in one statement with the fence.
import { defineQuery } from "../db/query.ts";

const claimed = {
  business_id: "uuid",
  conversation_id: "uuid",
  fence: "int8",
  done: "int8",
  wanted: "int8",
  attempts: "int4",
  ready: "bool",
} as const;

// Fair by construction: first which businesses have due lanes (a skip scan over the partial index, from where the last pass ended), then an
// equal share of each. A business with 100,000 due lanes costs the others nothing.
// room: a business gets at most so many runs of a worker at once (its own setting, else $8); $6 and $7 say how many it has already. What is
// beyond that waits, so slow replies of one business never fill the worker.
// The debounce is decided here: a reply lane whose customer is still writing is only put to sleep again, until quiet or the ceiling.
// A lane that was parked for an answer from outside is not parked any more once somebody has it.
export const claimLanesAcrossBusinesses = defineQuery({
  name: "lanes.claim-across-businesses",
  role: "ingest",
  columns: claimed,
  text: `
with recursive business as (
  (select l.business_id from lanes l
    where l.kind = $1 and l.check_at is not null and l.business_id > $2 order by l.business_id limit 1)
  union all
  select (select l.business_id from lanes l
           where l.kind = $1 and l.check_at is not null and l.business_id > b.business_id order by l.business_id limit 1)
    from business b where b.business_id is not null
), due as materialized (
  select d.business_id, d.room, count(*) over () as businesses
    from (select b.business_id, case when $1 = 'reply' then coalesce(s.reply_concurrency, $8::integer) else $8::integer end - coalesce(r.running, 0) as room
            from business b
            join businesses s on s.id = b.business_id
            left join unnest($6::uuid[], $7::integer[]) as r (business_id, running) on r.business_id = b.business_id
           where exists (select from lanes l where l.kind = $1 and l.business_id = b.business_id and l.check_at <= now())
             and case when $1 = 'reply' then coalesce(s.reply_concurrency, $8::integer) else $8::integer end > coalesce(r.running, 0)
           limit $3) d
), candidate as materialized (
  select c.business_id, c.conversation_id,
         $1 <> 'reply' or least(c.last_at + b.quiet_ms * interval '1 millisecond', c.first_at + b.ceiling_ms * interval '1 millisecond') <= now() as ready,
         least(c.last_at + b.quiet_ms * interval '1 millisecond', c.first_at + b.ceiling_ms * interval '1 millisecond') as ready_at
    from due d
    join businesses b on b.id = d.business_id
    cross join lateral (
      select l.business_id, l.conversation_id, l.first_at, l.last_at from lanes l
       where l.kind = $1 and l.business_id = d.business_id and l.check_at <= now()
       order by l.check_at
       limit least(d.room, greatest(1, ceil($3::numeric / d.businesses)))::bigint
       for update skip locked) c
   limit $3
), taken as (
  update lanes l set
    check_at = case when c.ready then now() + $4 * interval '1 millisecond' else c.ready_at end,
    fence = l.fence + c.ready::int,
    owner = case when c.ready then $5 end,
    parked = l.parked and not c.ready,
    -- Whoever held it has died in the middle: a lane that kills its workers must not go on for ever as if it were new.
    attempts = l.attempts + (c.ready and l.owner is not null)::int
    from candidate c
   where l.business_id = c.business_id and l.conversation_id = c.conversation_id and l.kind = $1
  returning l.business_id, l.conversation_id, l.fence, l.done, l.wanted, l.attempts, c.ready
)
select business_id, conversation_id, fence, done, wanted, attempts, ready from taken`,
});

export const nextLaneAcrossBusinesses = defineQuery({
  name: "lanes.next-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  text: `
select (extract(epoch from l.check_at - clock_timestamp()) * 1000)::float8 as in_ms
  from lanes l where l.kind = $1 and l.check_at is not null order by l.check_at limit 1`,
});

// skip locked: a lane that somebody else is writing is being finished or claimed right now; waiting for it could only deadlock.
// owner: a lane whose run has just ended keeps its fence until the next claim; its new timer must not be pushed away.
export const extendLanesAcrossBusinesses = defineQuery({
  name: "lanes.extend-across-businesses",
  role: "ingest",
  columns: { conversation_id: "uuid", fence: "int8" },
  text: `
with mine as (
  select l.business_id, l.conversation_id, l.kind
    from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as t (business_id, conversation_id, fence)
    join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = $1 and l.fence = t.fence
   where l.owner is not null and l.check_at is not null
   for update of l skip locked
)
update lanes l set check_at = now() + $5 * interval '1 millisecond'
  from mine
 where l.business_id = mine.business_id and l.conversation_id = mine.conversation_id and l.kind = mine.kind
returning l.conversation_id, l.fence`,
});

export const listLostLanesAcrossBusinesses = defineQuery({
  name: "lanes.list-lost-across-businesses",
  role: "ingest",
  columns: { conversation_id: "uuid", fence: "int8" },
  text: `
select t.conversation_id, t.fence
  from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as t (business_id, conversation_id, fence)
  join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = $1
 where l.fence <> t.fence`,
});

export const retryLaneAcrossBusinesses = defineQuery({
  name: "lanes.retry-across-businesses",
  role: "ingest",
  columns: { attempts: "int4" },
  text: `
update lanes l set check_at = now() + $5 * interval '1 millisecond', owner = null, attempts = l.attempts + $6, last_error = $7
 where l.business_id = $1 and l.conversation_id = $2 and l.kind = $3 and l.fence = $4 and l.check_at is not null
returning l.attempts`,
});

// For those who write a reply: the lanes for which more has come since they were claimed. Only the fence of the claim counts.
export const listGrownLanesAcrossBusinesses = defineQuery({
  name: "lanes.list-grown-across-businesses",
  role: "ingest",
  columns: { conversation_id: "uuid" },
  text: `
select t.conversation_id
  from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[]) as t (business_id, conversation_id, fence, wanted)
  join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = $1
 where l.fence = t.fence and l.wanted > t.wanted`,
});
