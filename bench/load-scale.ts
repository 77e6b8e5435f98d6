// Owns: filling a database with one large business in minutes: without indexes and foreign keys, which are made again, and so checked, over all rows at the end.
import type pg from "pg";
import { loadStepsOf, type ScalePlan } from "./scale-rows.ts";

interface Definition {
  readonly drop: string;
  readonly create: string;
}

const TABLES = `array['conversations', 'aliases', 'turns', 'messages', 'message_statuses', 'webhook_log', 'lanes', 'sessions', 'events']`;

// Foreign keys first to go and last to come: they rest on the keys.
const DEFINITIONS = `
with constraints as (
  select c.conindid, c.contype, format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as drop,
         format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as create
    from pg_constraint c
   where c.connamespace = 'onethread'::regnamespace
     and (c.contype = 'f' and (select t.relname from pg_class t where t.oid = c.confrelid) = any (${TABLES}) or
          c.contype in ('f', 'p', 'u') and (select t.relname from pg_class t where t.oid = c.conrelid) = any (${TABLES}))
), indexes as (
  select format('drop index %s', i.indexrelid::regclass) as drop, pg_get_indexdef(i.indexrelid) as create
    from pg_index i join pg_class t on t.oid = i.indrelid
   where t.relnamespace = 'onethread'::regnamespace and t.relname = any (${TABLES})
     and not exists (select from constraints c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
)
select drop, "create" from (
  select 1 as place, drop, "create" from constraints where contype = 'f'
  union all select 2, drop, "create" from constraints where contype <> 'f'
  union all select 3, drop, "create" from indexes) d order by place`;

/** `client` is a superuser. `say` gets each step as soon as it is done. */
export async function loadScale(client: pg.Client, plan: ScalePlan, say: (line: string) => void): Promise<void> {
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const startedAt = performance.now();
    await work();
    say(`scale: ${what}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  };
  await client.query(
    "set search_path = onethread, pg_temp; set maintenance_work_mem = '1GB'; set work_mem = '256MB'; set synchronous_commit = off",
  );
  await client.query("begin");
  const { rows: definitions } = await client.query<Definition>(DEFINITIONS);
  for (const { drop } of definitions) await client.query(drop);
  for (const { name, sql } of loadStepsOf(plan)) await timed(name, () => client.query(sql));
  await timed("indexes and foreign keys", async () => {
    for (const { create } of definitions.toReversed()) await client.query(create);
  });
  await client.query("commit");
  await timed("vacuum, analyze", () => client.query("vacuum (analyze)"));
  await client.query("checkpoint");
}
