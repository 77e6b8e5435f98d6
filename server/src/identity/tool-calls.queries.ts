// Owns: the statements with which the recorded calls of tools follow their burst through a merge and a split.
import { defineQuery } from "../db/query.ts";

// The open bursts of two threads become one, in which a call may have been made on both sides. The one that knows most stays in force (of two that
// happened it does not matter which); the other keeps its row and leaves the key, and if it was not made yet, it never will be.
// …AnsweredTo: up to where each thread had its answers.
export const settleTwinCalls = defineQuery({
  name: "identity.settle-twin-calls",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid", winnerAnsweredTo: "int8", loserAnsweredTo: "int8" },
  text: `
with twins as (
  select c.id,
         row_number() over (partition by c.tool, c.arguments_hash
           order by case c.state when 'done' then 1 when 'running' then 2 when 'unknown' then 3 when 'denied' then 5 when 'approved' then 6 when 'waiting' then 7
                    else case when c.result is null then 8 else 4 end end, c.conversation_id = :winnerId desc, c.id) as place
    from tool_calls c
   where c.business_id = :business
     and (c.conversation_id = :winnerId and c.answered_to = :winnerAnsweredTo or c.conversation_id = :loserId and c.answered_to = :loserAnsweredTo)
)
update tool_calls c set
  arguments_hash = c.arguments_hash || ':' || c.id,
  state = case when c.state in ('waiting', 'approved') then 'failed' else c.state end,
  error = case when c.state in ('waiting', 'approved') then 'The same call of the same customer''s other thread stands for it.' else c.error end
  from twins
 where c.business_id = :business and c.id = twins.id and twins.place > 1`,
});

// To where the joint burst begins now. Before the loser's come, which may take the place that it leaves.
export const shiftOpenCalls = defineQuery({
  name: "identity.shift-open-calls",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", winnerAnsweredTo: "int8", jointAnsweredTo: "int8" },
  text: `
update tool_calls c set answered_to = :jointAnsweredTo
 where c.business_id = :business and c.conversation_id = :winnerId and c.answered_to = :winnerAnsweredTo`,
});

// The calls of its open burst join the winner's; those of its answered part move as that does. `is_open`: of the open burst.
export const moveCallsToWinner = defineQuery({
  name: "identity.move-calls",
  role: "app",
  columns: { id: "uuid", is_open: "bool" },
  params: { loserId: "uuid", winnerId: "uuid", loserAnsweredTo: "int8", jointAnsweredTo: "int8", winnerDone: "int8" },
  text: `
update tool_calls c set
  conversation_id = :winnerId,
  answered_to = case when c.answered_to = :loserAnsweredTo then :jointAnsweredTo else c.answered_to + :winnerDone end
 where c.business_id = :business and c.conversation_id = :loserId
returning c.id, c.answered_to = :jointAnsweredTo as is_open`,
});

// What the merge moved goes back: the calls of the loser's answered part by their place, those of its open burst by their ids. The winner's own of the
// burst that was open then go on where its answers end after the split. Calls that the joint thread made since stay, like its messages.
// …Done: up to where each was answered at the merge.
export const returnCalls = defineQuery({
  name: "identity.return-calls",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid", winnerDone: "int8", loserDone: "int8", mergeId: "uuid" },
  text: `
with merge as (
  select (m.proof -> 'calls' ->> 'answeredTo')::bigint as joint, m.proof -> 'calls' -> 'ids' as ids from merges m where m.business_id = :business and m.id = :mergeId
), found as (
  select c.id, merge.joint, merge.ids ? c.id::text as was_open, c.answered_to >= :winnerDone and c.answered_to < merge.joint as was_over
    from merge
    join tool_calls c on c.business_id = :business and c.conversation_id = :winnerId
)
update tool_calls c set
  conversation_id = case when f.was_open or f.was_over then :loserId else c.conversation_id end,
  answered_to = case when f.was_open then greatest(0, f.joint - :winnerDone)
                     when f.was_over then c.answered_to - :winnerDone
                     else :winnerDone + :loserDone end,
  arguments_hash = case when f.was_open then split_part(c.arguments_hash, ':', 1) else c.arguments_hash end
  from found f
 where c.business_id = :business and c.id = f.id and (f.was_open or f.was_over or c.answered_to = f.joint and :loserDone > 0)`,
});
