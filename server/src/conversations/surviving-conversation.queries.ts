// Owns: the SQL that follows merges.
import { defineQuery } from "../db/query.ts";

/** The end of the chain of merges that begins at a conversation; itself when it was never merged. */
export const findSurvivingConversation = defineQuery({
  name: "conversations.find-surviving",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid" },
  text: `
    with recursive chain as (
      select c.id, c.merged_into, 1 as depth
      from conversations c
      where c.business_id = :business and c.id = :conversationId
      union all
      select c.id, c.merged_into, chain.depth + 1
      from chain
      join conversations c on c.business_id = :business and c.id = chain.merged_into
      where chain.depth < 32
    )
    select chain.id from chain where chain.merged_into is null`,
});
