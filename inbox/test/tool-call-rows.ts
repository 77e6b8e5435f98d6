// Owns: calls of tools as the AI leaves them when a person has to approve them.
import type { TestDatabase } from "../../server/test/support/test-database.ts";

type Pool = TestDatabase["superuser"];

export async function insertWaitingCall(
  pool: Pool,
  conversation: { readonly id: string; readonly business_id: string } | undefined,
  tool: string,
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into onethread.tool_calls (business_id, id, conversation_id, turn_id, answered_to, tool, arguments, arguments_hash, state, created_at)
     values ($1, gen_random_uuid(), $2, gen_random_uuid(), 1000, $3, $4, $3, 'waiting', now()) returning id`,
    [conversation?.business_id, conversation?.id, tool, JSON.stringify({ when: "Friday, 10:30", people: 2 })],
  );
  return rows[0]?.id ?? "";
}

export async function stateOfCall(pool: Pool, id: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ state: string }>("select state from onethread.tool_calls where id = $1", [id]);
  return rows[0]?.state;
}
