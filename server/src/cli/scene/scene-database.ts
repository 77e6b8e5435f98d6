// Owns: what the database says about the customers of a scene. Only reads, as the role that may read every business.
import pg from "pg";

export interface SceneCounts {
  readonly conversations: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly turns: number;
  /** Lanes that still have something to do: replies to write, messages to send. */
  readonly busyLanes: number;
}

export interface SceneDatabase {
  count(phones: readonly string[]): Promise<SceneCounts>;
  close(): Promise<void>;
}

// By conversation, not by alias, so that a second thread of the same person would be counted.
const COUNTS = `-- cli.scene-counts
with thread as materialized (
  select c.business_id, c.id from onethread.conversations c
   where c.merged_into is null and split_part(c.canonical_key, '+', 2) = any ($1::text[])
)
select (select count(*) from thread)::float8 as conversations,
  (select count(*) from thread t join onethread.messages m on m.business_id = t.business_id and m.conversation_id = t.id and m.direction = 'in')::float8 as inbound,
  (select count(*) from thread t join onethread.messages m on m.business_id = t.business_id and m.conversation_id = t.id and m.direction = 'out')::float8 as outbound,
  (select count(*) from thread t join onethread.turns u on u.business_id = t.business_id and u.conversation_id = t.id)::float8 as turns,
  (select count(*) from thread t join onethread.lanes l on l.business_id = t.business_id and l.conversation_id = t.id
    where l.kind in ('reply', 'send') and l.wanted > l.done)::float8 as "busyLanes"`;

export async function openSceneDatabase(url: string): Promise<SceneDatabase> {
  const client = new pg.Client({ connectionString: url, application_name: "onethread-simulate", connectionTimeoutMillis: 10_000 });
  // An error between two questions reaches us with the next one.
  client.on("error", () => undefined);
  await client.connect();
  await client.query("set role onethread_reader");
  return {
    async count(phones) {
      const { rows } = await client.query<SceneCounts>(COUNTS, [phones]);
      const [row] = rows;
      if (row === undefined) throw new Error("the counts of the scene answered no row");
      return row;
    },
    close: () => client.end(),
  };
}
