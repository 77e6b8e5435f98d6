// Owns: the SQL that reads the outbox of events and gives its rows their positions.
import { defineQuery } from "../db/query.ts";

// Positions are given out after the commits, under the counter's lock. So they become visible in their order: whoever sees position n sees all
// before it, and everything that commits later comes after it. A cursor over `at` or ids could not promise that: transactions do not commit in
// the order in which they began. The lock is waited for only while there is something to place; the scan then begins with a new snapshot.
export const lockEventCounter = defineQuery({
  name: "events.lock-counter",
  role: "app",
  columns: { last_position: "int8" },
  params: {},
  text: `
    insert into event_counters as c (business_id, last_position) values (:business, 0)
    on conflict on constraint event_counters_pkey do update set last_position = c.last_position
    returning c.last_position`,
});

/** Needs the counter's lock, in the same transaction and an earlier statement. */
export const placeEvents = defineQuery({
  name: "events.place",
  role: "app",
  columns: { last_position: "int8" },
  params: { limit: "int4" },
  text: `
    with unread as materialized (
      select e.id, row_number() over (order by e.at, e.id) as nth
      from events e
      where e.business_id = :business and e.position is null
      order by e.at, e.id
      limit :limit
    ), placed as (
      update events as e set position = c.last_position + u.nth
      from unread u cross join event_counters c
      where e.business_id = :business and e.id = u.id and c.business_id = :business
      returning e.position
    )
    update event_counters as c set last_position = c.last_position + (select count(*) from placed)
    where c.business_id = :business
    returning c.last_position`,
});

export const findEventState = defineQuery({
  name: "events.find-state",
  role: "app",
  columns: { has_unplaced: "bool", last_position: "int8" },
  params: {},
  text: `
    select exists (select from events e where e.business_id = :business and e.position is null) as has_unplaced,
      coalesce((select c.last_position from event_counters c where c.business_id = :business), 0) as last_position`,
});

export const listEvents = defineQuery({
  name: "events.list",
  role: "app",
  columns: {
    position: "int8",
    id: "uuid",
    type: "text",
    conversation_id: "uuid?",
    subject_id: "uuid?",
    data: "jsonb",
    at: "timestamptz",
  },
  params: { after: "int8", upTo: "int8", types: "text[]?", conversationIds: "uuid[]?", limit: "int4" },
  text: `
    select e.position, e.id, e.type, e.conversation_id, e.subject_id, e.data, e.at
    from events e
    where e.business_id = :business and e.position > :after and e.position <= :upTo
      and (:types is null or e.type = any (:types))
      and (:conversationIds is null or e.conversation_id = any (:conversationIds))
    order by e.position
    limit :limit`,
});
