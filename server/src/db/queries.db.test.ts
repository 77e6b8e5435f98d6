import { glob } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import type { Parameters } from "./parameters.ts";
import type { DatabaseRole, Query } from "./query.ts";

type AnyQuery = Query<Readonly<Record<string, "text">>, Parameters>;

const SRC = fileURLToPath(new URL("../", import.meta.url));
const ROLES: Readonly<Record<DatabaseRole, string>> = { app: "onethread_app", ingest: "onethread_ingest" };

function isQuery(value: unknown): value is AnyQuery {
  return typeof value === "object" && value !== null && "name" in value && "text" in value && "columns" in value && "role" in value;
}

/** Everything that a *.queries.ts exports, wherever it lies: a new query is under test by being written. */
async function findQueries(): Promise<readonly (readonly [name: string, exported: string, query: AnyQuery])[]> {
  const found: (readonly [string, string, AnyQuery])[] = [];
  for await (const file of glob("**/*.queries.ts", { cwd: SRC })) {
    const module: unknown = await import(pathToFileURL(`${SRC}${file}`).href);
    for (const [exported, value] of Object.entries(module ?? {})) if (isQuery(value)) found.push([value.name, exported, value]);
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** A statement that touches no rows. */
const isSetting = (query: AnyQuery): boolean => query.text.includes("\nset constraints ");

const queries = await findQueries();
let database: TestDatabase;
let typeNames: ReadonlyMap<number, string>;
const clients = new Map<DatabaseRole, pg.Client>();

beforeAll(async () => {
  database = await createTestDatabase();
  for (const [role, name] of Object.entries(ROLES) as [DatabaseRole, string][]) {
    const client = new pg.Client({ connectionString: database.url, options: `-c role=${name} -c search_path=onethread,pg_temp` });
    await client.connect();
    clients.set(role, client);
  }
  const { rows } = await database.superuser.query<{ oid: number; name: string }>("select oid::int, typname as name from pg_type");
  typeNames = new Map(rows.map(({ oid, name }) => [oid, name.startsWith("_") ? `${name.slice(1)}[]` : name]));
});
afterAll(async () => {
  for (const client of clients.values()) await client.end();
  await database.close();
});

function clientOf(role: DatabaseRole): pg.Client {
  const client = clients.get(role);
  if (client === undefined) throw new Error(`no client for ${role}`);
  return client;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

interface Description {
  readonly fields: readonly Field[];
  /** The types of its parameters. */
  readonly parameters: readonly number[];
}

/** What PostgreSQL says of a statement after Parse and Describe, before anything is executed. */
function describeQuery(client: pg.Client, text: string): Promise<Description> {
  return new Promise((resolve, reject) => {
    let fields: readonly Field[] = [];
    let parameters: readonly number[] = [];
    client.query({
      submit(connection: pg.Connection) {
        connection.once("parameterDescription", ({ dataTypeIDs }: { readonly dataTypeIDs: readonly number[] }) => {
          parameters = dataTypeIDs;
        });
        connection.parse({ name: "", text, types: [] }, true);
        connection.describe({ type: "S", name: "" }, true);
        connection.sync();
      },
      handleRowDescription(message: { readonly fields: readonly Field[] }) {
        fields = message.fields;
      },
      handleError: reject,
      handleReadyForQuery() {
        resolve({ fields, parameters });
      },
    });
  });
}

test("there are queries, and their names are unique", () => {
  expect(queries.length).toBeGreaterThan(40);
  const names = queries.map(([name]) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test.for(queries)("%s has the columns and types that it declares", async ([, , query]) => {
  const { fields } = await describeQuery(clientOf(query.role), query.text);
  const actual = Object.fromEntries(fields.map(({ name, dataTypeID }) => [name, typeNames.get(dataTypeID)]));
  const declared = Object.fromEntries(Object.entries(query.columns).map(([name, type]) => [name, type.replace("?", "")]));
  expect(actual).toEqual(declared);
});

test.for(queries)("%s takes its parameters as the types that it declares", async ([, , query]) => {
  const { parameters } = await describeQuery(clientOf(query.role), query.text);
  expect(parameters.map((oid) => typeNames.get(oid))).toEqual(query.slots.map(({ type }) => type));
});

test.for(queries.filter(([, , query]) => !isSetting(query)))("%s may be run by its role", async ([, , query]) => {
  // Planned and opened without a row being touched: that is where PostgreSQL checks the rights.
  await clientOf(query.role).query(`explain (generic_plan) ${query.text}`);
});

/** In an inserted row, the business is the first parameter. */
function insertsOwnRow(text: string): boolean {
  const [, table = "", columns = "", values = ""] =
    /insert into (\w+)(?: as \w+)?\s*\(([^)]*)\)\s*(?:values \(|select )([^)]*)/.exec(text) ?? [];
  const owner = columns.split(",").findIndex((column) => column.trim() === (table === "businesses" ? "id" : "business_id"));
  return owner >= 0 && /^\$1(?:::uuid)?$/.test(values.split(",")[owner]?.trim() ?? "");
}

// A row of another business cannot even be named: the first parameter is the business, in a comparison or as the value of an inserted row.
function isBound(text: string): boolean {
  if (/\bbusiness_id = \$1\b|\$1::uuid as business_id\b/.test(text) || insertsOwnRow(text)) return true;
  return /\b(?:from|update) businesses\b[^;]*\bwhere (?:b\.)?id = \$1\b/.test(text);
}

/** The first parameter is `:business`, which comes from the scope, and not a value that a caller may choose. */
function takesBusinessOfScope({ slots: [first] }: AnyQuery): boolean {
  const scope = newId<BusinessId>();
  return first?.type === "uuid" && first.read({}, scope) === scope;
}

test.for(queries)("%s is bound to one business, or says in its name that it is not", ([name, exported, query]) => {
  const isAcross = name.endsWith("-across-businesses");
  expect(exported.endsWith("AcrossBusinesses")).toBe(isAcross);
  expect(query.role === "ingest").toBe(isAcross);
  const isOfOneBusiness = !isAcross && !isSetting(query);
  expect(takesBusinessOfScope(query)).toBe(isOfOneBusiness);
  if (isOfOneBusiness) expect(isBound(query.text), query.text).toBe(true);
});

test.for(queries)("%s shows its name where it runs, and holds to the rules of a schema that may be sharded", ([name, , { text }]) => {
  expect(text.startsWith(`-- ${name}\n`)).toBe(true);
  const updates = [...text.matchAll(/do update set([\s\S]*?)(?:\n\)|\breturning\b|\bwhere\b|$)/g)].map(([, set]) => set ?? "");
  expect(updates.filter((set) => /\bnow\(\)|clock_timestamp|interval/.test(set))).toEqual([]);
});

/** The parts of a statement that wait for rows of which there may be several: an upsert of what a query answers, and a select that locks. */
function waitingParts(text: string): readonly string[] {
  const upserts = text.matchAll(
    /insert into \w+(?: as \w+)?\s*\([^)]*\)\s*(select (?:(?!on conflict)[\s\S])*\bfrom\b(?:(?!on conflict)[\s\S])*)on conflict\b[^,()]*do update/g,
  );
  const locks = text.matchAll(/(select (?:(?!\bselect\b)[\s\S])*?\bfor (?:no key )?update\b)(?! of \w+ skip locked| skip locked)/g);
  return [...upserts, ...locks].map(([, part = ""]) => part);
}

const takesRows = ({ slots }: AnyQuery): boolean => slots.some(({ type }) => type.endsWith("[]"));

// Two that take the same rows in two orders wait for each other. docs/decisions/0003-lock-order.md
test.for(queries.filter(([, , query]) => takesRows(query)))("%s takes the rows that it locks in an order", ([, , { text }]) => {
  expect(waitingParts(text.replaceAll(/^\s*--.*$/gm, "")).filter((part) => !/\border by\b/.test(part))).toEqual([]);
});
