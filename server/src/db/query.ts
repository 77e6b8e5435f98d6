// Owns: the form of a named query. A query says its columns once, as data: the row type is derived from it, and the contract test
// (queries.db.test.ts) prepares every one against the migrated schema and compares what PostgreSQL says.
import type { JsonObject } from "../kernel/json.ts";

interface ColumnTypes {
  readonly uuid: string;
  readonly text: string;
  readonly bool: boolean;
  readonly int2: number;
  readonly int4: number;
  readonly int8: number;
  readonly float8: number;
  readonly timestamptz: Date;
  readonly jsonb: JsonObject;
  readonly "int8[]": readonly number[];
  readonly "uuid[]": readonly string[];
  readonly "text[]": readonly string[];
}
type BaseColumn = keyof ColumnTypes;
/** A type of PostgreSQL; with "?" when the column may be null. */
export type Column = BaseColumn | `${BaseColumn}?`;
type ValueOf<C extends Column> = C extends `${infer B extends BaseColumn}?`
  ? ColumnTypes[B] | null
  : C extends BaseColumn
    ? ColumnTypes[C]
    : never;
export type Columns = Readonly<Record<string, Column>>;
export type RowOf<C extends Columns> = { readonly [Name in keyof C]: ValueOf<C[Name]> };

export type DatabaseRole = "app" | "ingest";

export interface Query<C extends Columns> {
  readonly name: string;
  /** Which of our database roles runs it. Only `ingest` sees more than one business; such queries end in AcrossBusinesses. */
  readonly role: DatabaseRole;
  readonly columns: C;
  readonly text: string;
}
export type Row<Q> = Q extends Query<infer C> ? RowOf<C> : never;

export function defineQuery<const C extends Columns>(query: Query<C>): Query<C> {
  return { ...query, text: `-- ${query.name}\n${query.text.trim()}` };
}

/** Runs named queries: a pool, a connection or a transaction. */
export interface Queryable {
  run<C extends Columns>(query: Query<C>, values: readonly unknown[]): Promise<readonly RowOf<C>[]>;
}
