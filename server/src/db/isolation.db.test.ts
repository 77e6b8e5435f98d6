import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { newId } from "../kernel/ids.ts";

interface Table {
  readonly name: string;
  /** The column that says whose row it is. */
  readonly owner: string;
  readonly protected: boolean;
}

const INSUFFICIENT_PRIVILEGE = "42501";
const OUR_ROLES = ["onethread_app", "onethread_ingest", "onethread_reader"];
let database: TestDatabase;
const a = newId();
const b = newId();
let tables: readonly Table[];
/** The application, set to business B. */
let app: pg.Client;

/** Some value of each type; a column of another type makes the insert fail, and then this list needs it. */
const VALUES: Readonly<Record<string, string>> = {
  uuid: "gen_random_uuid()",
  text: "gen_random_uuid()::text",
  bool: "false",
  int2: "1",
  int4: "1",
  int8: "1",
  float8: "1",
  bytea: "''",
  jsonb: "'{}'",
  date: "now()",
  timestamptz: "now()",
  tsvector: "''",
};

/** A row of this business with nothing but what it must have. Whether it makes sense is no matter here: checks and foreign keys are out of the way. */
async function insertRow({ name, owner }: Table, businessId: string): Promise<void> {
  const { rows } = await database.superuser.query<{ name: string; type: string }>(
    `select a.attname as name, t.typname as type from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = 'onethread.${name}'::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = ''`,
  );
  const columns = rows.map((column) => column.name).join(", ");
  const values = rows.map((column) => (column.name === owner ? `'${businessId}'` : VALUES[column.type])).join(", ");
  await database.superuser.query(
    `begin; set local session_replication_role = replica; insert into onethread.${name} (${columns}) values (${values}); commit`,
  );
}

async function dropChecks(): Promise<void> {
  const { rows } = await database.superuser.query<{ sql: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as sql from pg_constraint
      where connamespace = 'onethread'::regnamespace and contype = 'c' and conrelid <> 0`,
  );
  for (const { sql } of rows) await database.superuser.query(sql);
}

beforeAll(async () => {
  database = await createTestDatabase();
  const { rows } = await database.superuser.query<Table>(
    `select c.relname as name, case c.relname when 'businesses' then 'id' else 'business_id' end as owner, c.relrowsecurity as protected
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'onethread' and c.relkind in ('r', 'p')
        and (c.relname = 'businesses' or exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'business_id'))
      order by c.relname`,
  );
  tables = rows;
  await dropChecks();
  for (const table of tables) for (const businessId of [a, b]) await insertRow(table, businessId);
  app = new pg.Client({ connectionString: database.url, options: "-c role=onethread_app -c search_path=onethread,pg_temp" });
  await app.connect();
  await app.query("select set_config('onethread.business_id', $1, false)", [b]);
});
afterAll(async () => {
  await app.end();
  await database.close();
});

/** How many rows it touched, or the code of the refusal; nothing of it stays. */
async function tryAs(client: pg.Client, sql: string, values: readonly unknown[] = []): Promise<number | string> {
  await client.query("begin");
  try {
    return (await client.query(sql, [...values])).rowCount ?? 0;
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? "") : String(error);
  } finally {
    await client.query("rollback");
  }
}

async function eachTable(check: (table: Table) => Promise<unknown>): Promise<Readonly<Record<string, unknown>>> {
  const results: Record<string, unknown> = {};
  for (const table of tables) results[table.name] = await check(table);
  return results;
}
const all = (value: unknown): unknown => Object.fromEntries(tables.map(({ name }) => [name, value]));

test("both businesses have rows in every table that belongs to businesses, so that what follows can fail", async () => {
  expect(tables.length).toBeGreaterThan(12);
  const missing: string[] = [];
  for (const { name, owner } of tables) {
    for (const business of [a, b]) {
      const { rowCount } = await database.superuser.query(`select from onethread.${name} where ${owner} = $1`, [business]);
      if (rowCount === 0) missing.push(name);
    }
  }
  expect(missing).toEqual([]);
});

test("row-level security is on for every one of them", async () => {
  expect(tables.filter((table) => !table.protected)).toEqual([]);
});

test("with the setting of business B, its own rows are there and no row of A can be read", async () => {
  const read = await eachTable(async ({ name, owner }) => {
    const others = await tryAs(app, `select from ${name} where ${owner} <> $1`, [b]);
    return others === 0 || others === INSUFFICIENT_PRIVILEGE;
  });
  expect(read).toEqual(all(true));
  const own = await eachTable(({ name }) => tryAs(app, `select from ${name}`));
  expect(Object.values(own).filter((count) => count === 0)).toEqual([]);
});

test("without any business nothing can be read", async () => {
  await app.query("select set_config('onethread.business_id', '', false)");
  try {
    const read = await eachTable(async ({ name }) => [0, INSUFFICIENT_PRIVILEGE].includes(await tryAs(app, `select from ${name}`)));
    expect(read).toEqual(all(true));
  } finally {
    await app.query("select set_config('onethread.business_id', $1, false)", [b]);
  }
});

test("no row of A can be changed or deleted, and none of B's can be given to A", async () => {
  const harmless = (value: number | string): boolean => value === 0 || value === INSUFFICIENT_PRIVILEGE;
  const changed = await eachTable(async ({ name, owner }) =>
    harmless(await tryAs(app, `update ${name} set ${owner} = ${owner} where ${owner} = $1`, [a])),
  );
  expect(changed).toEqual(all(true));
  const deleted = await eachTable(async ({ name, owner }) => harmless(await tryAs(app, `delete from ${name} where ${owner} = $1`, [a])));
  expect(deleted).toEqual(all(true));
  const given = await eachTable(({ name, owner }) => tryAs(app, `update ${name} set ${owner} = $1`, [a]));
  expect(given).toEqual(all(INSUFFICIENT_PRIVILEGE));
});

test("no row can be inserted for A", async () => {
  const inserted = await eachTable(async ({ name, owner }) => {
    const { rows } = await database.superuser.query<{ row: object; columns: string }>(
      `select to_jsonb(t) as row, (select string_agg(quote_ident(attname), ', ') from pg_attribute
          where attrelid = 'onethread.${name}'::regclass and attnum > 0 and not attisdropped and attgenerated = '') as columns
         from onethread.${name} t where ${owner} = $1 limit 1`,
      [a],
    );
    const columns = rows[0]?.columns ?? "";
    return tryAs(app, `insert into ${name} (${columns}) select ${columns} from jsonb_populate_record(null::${name}, $1)`, [
      JSON.stringify(rows[0]?.row),
    ]);
  });
  expect(inserted).toEqual(all(INSUFFICIENT_PRIVILEGE));
});

test("our roles own nothing, are no superusers, and cannot bypass row-level security or become one who can", async () => {
  const { rows: roles } = await database.superuser.query(
    "select rolname as name from pg_roles where rolname = any ($1) and not rolsuper and not rolbypassrls and not rolcreaterole and not rolcanlogin order by 1",
    [OUR_ROLES],
  );
  expect(roles).toEqual(OUR_ROLES.map((name) => ({ name })));
  const { rows: owned } = await database.superuser.query(
    `select r.rolname, d.objid from pg_shdepend d join pg_roles r on r.oid = d.refobjid
      where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any ($1)`,
    [OUR_ROLES],
  );
  expect(owned).toEqual([]);
  const { rows: memberships } = await database.superuser.query(
    "select m.rolname as member, r.rolname as role from pg_roles m join pg_roles r on pg_has_role(m.oid, r.oid, 'member') where m.rolname = any ($1) and m.oid <> r.oid",
    [OUR_ROLES],
  );
  expect(memberships).toEqual([]);
});

test("the ingest role sees every business, but only the ingest tables: no secrets, no keys, no texts", async () => {
  const { rows } = await database.superuser.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'onethread' and c.relkind = 'r' and has_table_privilege('onethread_ingest', c.oid, 'select') order by 1`,
  );
  const names = rows.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["messages", "conversations", "aliases", "lanes", "message_statuses", "webhook_log", "directory"]),
  );
  expect(names.filter((name) => ["channel_secrets", "api_keys", "knowledge_texts", "sessions", "turns"].includes(name))).toEqual([]);
});
