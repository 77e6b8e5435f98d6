// Owns: the form of a named query. It says its columns and its parameters once, as data: the types of rows and values are derived from them, and the
// contract test (queries.db.test.ts) prepares every query against the migrated schema and compares what PostgreSQL says.
import type { JsonObject } from "../kernel/json.ts";
import { compileParameters, type Parameters, type Slot, type ValuesOf } from "./parameters.ts";

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
/** What `run` answers for a query, row by row. */
export type Row<Q> = Q extends { readonly columns: infer C extends Columns } ? RowOf<C> : never;
export type RowOf<C extends Columns> = { readonly [Name in keyof C]: ValueOf<C[Name]> };

export type DatabaseRole = "app" | "ingest";

export interface Query<C extends Columns, P extends Parameters> {
  readonly name: string;
  /** Which of our database roles runs it. Only `ingest` sees more than one business; such queries end in AcrossBusinesses. */
  readonly role: DatabaseRole;
  readonly columns: C;
  /** Written `:name` in the text. `:business` is the scope's own (`Database.forBusiness`) and not among them. */
  readonly params: P;
  readonly text: string;
  /** What each `$n` of the text is filled with. */
  readonly slots: readonly Slot[];
}

/** Throws, when the module loads, if the text names a parameter that is not declared, or does not use one that is. */
export function defineQuery<const C extends Columns, const P extends Parameters>(definition: Omit<Query<C, P>, "slots">): Query<C, P> {
  return { ...definition, ...compileParameters(`-- ${definition.name}\n${definition.text.trim()}`, definition.params) };
}

/** Runs named queries: a pool, a connection or a transaction. */
export interface Queryable {
  run<C extends Columns, P extends Parameters>(query: Query<C, P>, values: ValuesOf<P>): Promise<readonly RowOf<C>[]>;
  /** The number of rows that it inserted, changed or deleted. */
  execute<P extends Parameters>(query: Query<Columns, P>, values: ValuesOf<P>): Promise<number>;
}
