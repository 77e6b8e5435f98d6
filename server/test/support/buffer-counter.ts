// Owns: how many pages of the database a statement looks at, sent as the application's pool sends it. Nothing that it writes stays.
import pg from "pg";
import type { Parameters, ValuesOf } from "../../src/db/parameters.ts";
import type { Columns, Query } from "../../src/db/query.ts";
import type { BusinessId } from "../../src/kernel/ids.ts";

export type PlanMode = "force_custom_plan" | "force_generic_plan";

export interface BufferCounter {
  /** Each query is prepared once: a generic plan is kept until PostgreSQL plans anew, as in the pool. */
  count<C extends Columns, P extends Parameters>(query: Query<C, P>, values: ValuesOf<P>, plan: PlanMode): Promise<number>;
  close(): Promise<void>;
}

interface Explained {
  readonly "QUERY PLAN": readonly [{ readonly Plan: Readonly<Record<string, number>> }];
}

export async function openBufferCounter(url: string, businessId: BusinessId): Promise<BufferCounter> {
  const client = new pg.Client({
    connectionString: url,
    options: "-c role=onethread_app -c search_path=onethread,pg_temp -c TimeZone=UTC -c enable_seqscan=off",
  });
  const names = new Map<string, string>();
  await client.connect();
  await client.query("select set_config('onethread.business_id', $1, false)", [businessId]);
  function literal(value: unknown): string {
    if (Array.isArray(value)) return `array[${value.map(literal).join(", ")}]`;
    return typeof value === "string" ? client.escapeLiteral(value) : JSON.stringify(value);
  }
  return {
    async count(query, values, plan) {
      const types = query.slots.map(({ type }) => type).join(", ");
      const given = query.slots.map(({ type, read }) => `${literal(read(values, businessId))}::${type}`).join(", ");
      let name = names.get(query.name + plan);
      if (name === undefined) {
        name = `counted_${String(names.size)}`;
        names.set(query.name + plan, name);
        await client.query(`prepare ${name} (${types}) as ${query.text}`);
      }
      await client.query(`begin; set local plan_cache_mode = ${plan}`);
      const { rows } = await client.query<Explained>(`explain (analyze, buffers, format json) execute ${name} (${given})`);
      await client.query("rollback");
      const { Plan: top } = rows[0]?.["QUERY PLAN"][0] ?? { Plan: {} };
      return (top["Shared Hit Blocks"] ?? Number.NaN) + (top["Shared Read Blocks"] ?? Number.NaN);
    },
    close: () => client.end(),
  };
}
