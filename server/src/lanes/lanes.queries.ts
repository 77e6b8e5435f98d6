// Owns: claiming and releasing lanes. What a lane's work writes belongs to the feature that does it, in one statement with the fence.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// Fair by construction: first which businesses have due lanes (a skip scan over the partial index, from where the last pass ended), then an
// equal share of each. A business with 100,000 due lanes costs the others nothing.
// room: a business gets at most so many runs of a worker at once (its own setting, else :maxRuns); :running says how many it has already. What is
// beyond that waits, so slow replies of one business never fill the worker.
// The debounce is decided here: a reply lane whose customer is still writing is only put to sleep again, until quiet or the ceiling.
// A lane that was parked for an answer from outside is not parked any more once somebody has it.
// The last row is no lane: it says in how many milliseconds the next one is due that is not among these (negative: overdue; null: none waits).
export const claimLanesAcrossBusinesses = defineQuery({
  name: "lanes.claim-across-businesses",
  role: "ingest",
  columns: {
    business_id: "uuid?",
    conversation_id: "uuid?",
    fence: "int8",
    done: "int8",
    wanted: "int8",
    attempts: "int4",
    ready: "bool",
    next_in_ms: "float8?",
  },
  params: {
    kind: "text",
    after: "uuid",
    limit: "int4",
    leaseMs: "int4",
    owner: "text",
    maxRuns: "int4",
    running: rowsOf({ businessId: "uuid", runs: "int4" }),
  },
  text: `
with recursive business as (
  (select l.business_id from lanes l
    where l.kind = :kind and l.check_at is not null and l.business_id > :after order by l.business_id limit 1)
  union all
  select (select l.business_id from lanes l
           where l.kind = :kind and l.check_at is not null and l.business_id > b.business_id order by l.business_id limit 1)
    from business b where b.business_id is not null
), due as materialized (
  select d.business_id, d.room, count(*) over () as businesses
    from (select b.business_id, case when :kind = 'reply' then coalesce(s.reply_concurrency, :maxRuns) else :maxRuns end - coalesce(r.runs, 0) as room
            from business b
            join businesses s on s.id = b.business_id
            left join :running as r on r.business_id = b.business_id
           where exists (select from lanes l where l.kind = :kind and l.business_id = b.business_id and l.check_at <= now())
             and case when :kind = 'reply' then coalesce(s.reply_concurrency, :maxRuns) else :maxRuns end > coalesce(r.runs, 0)
           limit :limit) d
), candidate as materialized (
  select c.business_id, c.conversation_id, c.ready_at, :kind <> 'reply' or c.ready_at <= now() as ready
    from due d
    join businesses b on b.id = d.business_id
    cross join lateral (
      select l.business_id, l.conversation_id, burst_ends_at(l.first_at, l.last_at, b.quiet_ms, b.ceiling_ms) as ready_at from lanes l
       where l.kind = :kind and l.business_id = d.business_id and l.check_at <= now()
       order by l.check_at
       limit least(d.room, greatest(1, ceil(:limit::numeric / d.businesses)))::bigint
       for update skip locked) c
   limit :limit
), taken as (
  update lanes l set
    check_at = case when c.ready then now() + :leaseMs * interval '1 millisecond' else c.ready_at end,
    fence = l.fence + c.ready::int,
    owner = case when c.ready then :owner end,
    parked = l.parked and not c.ready,
    -- Whoever held it has died in the middle: a lane that kills its workers must not go on for ever as if it were new.
    attempts = l.attempts + (c.ready and l.owner is not null)::int
    from candidate c
   where l.business_id = c.business_id and l.conversation_id = c.conversation_id and l.kind = :kind
  returning l.business_id, l.conversation_id, l.fence, l.done, l.wanted, l.attempts, c.ready
)
select business_id, conversation_id, fence, done, wanted, attempts, ready, null::float8 as next_in_ms from taken
union all
select null, null, 0, 0, 0, 0, false,
       (extract(epoch from least(
          (select l.check_at from lanes l
            where l.kind = :kind and l.check_at is not null
              and (l.business_id, l.conversation_id) not in (select c.business_id, c.conversation_id from candidate c)
            order by l.check_at limit 1),
          (select min(c.ready_at) from candidate c where not c.ready)) - clock_timestamp()) * 1000)::float8`,
});

export const nextLaneAcrossBusinesses = defineQuery({
  name: "lanes.next-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  params: { kind: "text" },
  text: `
select (extract(epoch from l.check_at - clock_timestamp()) * 1000)::float8 as in_ms
  from lanes l where l.kind = :kind and l.check_at is not null order by l.check_at limit 1`,
});

// skip locked: a lane that somebody else is writing is being finished or claimed right now; waiting for it could only deadlock.
// owner: a lane whose run has just ended keeps its fence until the next claim; its new timer must not be pushed away.
export const extendLanesAcrossBusinesses = defineQuery({
  name: "lanes.extend-across-businesses",
  role: "ingest",
  columns: {},
  params: { kind: "text", lanes: rowsOf({ businessId: "uuid", conversationId: "uuid", fence: "int8" }), leaseMs: "int4" },
  text: `
with mine as (
  select l.business_id, l.conversation_id, l.kind
    from :lanes as t
    join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = :kind and l.fence = t.fence
   where l.owner is not null and l.check_at is not null
   for update of l skip locked
)
update lanes l set check_at = now() + :leaseMs * interval '1 millisecond'
  from mine
 where l.business_id = mine.business_id and l.conversation_id = mine.conversation_id and l.kind = mine.kind`,
});

// By their place in the list: a worker may hold two claims of one lane, an older one that it lost and a newer one.
export const listLostLanesAcrossBusinesses = defineQuery({
  name: "lanes.list-lost-across-businesses",
  role: "ingest",
  columns: { ord: "int8" },
  params: { kind: "text", lanes: rowsOf({ businessId: "uuid", conversationId: "uuid", fence: "int8" }) },
  text: `
select t.ord
  from :lanes with ordinality as t
  join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = :kind
 where l.fence <> t.fence`,
});

export const retryLaneAcrossBusinesses = defineQuery({
  name: "lanes.retry-across-businesses",
  role: "ingest",
  columns: {},
  params: {
    kind: "text",
    businessId: "uuid",
    conversationId: "uuid",
    fence: "int8",
    afterMs: "int4",
    failed: "bool",
    error: "text?",
  },
  text: `
update lanes l set check_at = now() + :afterMs * interval '1 millisecond', owner = null, attempts = l.attempts + :failed::int, last_error = :error
 where l.business_id = :businessId and l.conversation_id = :conversationId and l.kind = :kind and l.fence = :fence and l.check_at is not null`,
});

// For those who write a reply: the lanes for which more has come since they were claimed. Only the fence of the claim counts.
export const listGrownLanesAcrossBusinesses = defineQuery({
  name: "lanes.list-grown-across-businesses",
  role: "ingest",
  columns: { ord: "int8" },
  params: { kind: "text", lanes: rowsOf({ businessId: "uuid", conversationId: "uuid", fence: "int8", wanted: "int8" }) },
  text: `
select t.ord
  from :lanes with ordinality as t
  join lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = :kind
 where l.fence = t.fence and l.wanted > t.wanted`,
});
