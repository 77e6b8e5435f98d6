// Owns: how a statement gives a lane more work. Refuses to know: what the work is.
// Two statements do something else, and say it themselves: `identity.continue-lanes` sets lanes anew after a merge or a split, `sessions.raise-lane` locks one
// and leaves it asleep when nothing is new. Whoever raises a lane calls `wake` after the commit: without it the work waits for the next poll.

/**
 * Puts the rows (business_id, conversation_id, kind, check_at, first_at, last_at, wanted) into `lanes`. Whoever writes them sorts them, as every writer of
 * several lanes must: by business, conversation, kind. `wanted` never falls. The time of a look that is due already is left alone, so that the update stays HOT;
 * a lane that is parked for an answer from outside is woken. `returning …` may follow.
 */
export const raiseLanes = (rows: string): string => `
  insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
  ${rows}
  on conflict on constraint lanes_pkey do update set
    wanted = greatest(l.wanted, excluded.wanted),
    last_at = greatest(l.last_at, excluded.last_at),
    first_at = case when l.check_at is null or l.parked then excluded.first_at else l.first_at end,
    check_at = case when l.parked then excluded.check_at else coalesce(l.check_at, excluded.check_at) end`;
