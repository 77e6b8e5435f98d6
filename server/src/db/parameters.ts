// Owns: the parameters of a query: their types, their numbers in the text, and their values as PostgreSQL takes them.
import type { BusinessId } from "../kernel/ids.ts";
import { arrayEncoders, type ArrayElements } from "./binary-arrays.ts";

type BaseType = keyof ArrayElements;
type Scalar = BaseType | `${BaseType}?` | `${BaseType}[]` | `${BaseType}[]?`;
type RowType = BaseType | `${BaseType}?`;
type RowColumns = Readonly<Record<string, RowType>>;

/** Any number of rows of one shape. In the text it is a table: `from :sends`, with the columns in snake_case (`from :sends with ordinality as s` has `s.ord` too). */
export interface Rows<R extends RowColumns = RowColumns> {
  readonly rows: R;
}
export type Parameters = Readonly<Record<string, Scalar | Rows>>;

export const rowsOf = <const R extends RowColumns>(rows: R): Rows<R> => ({ rows });

/** What may be null has to be given nevertheless, as null or undefined. */
type ValueOf<T> = T extends `${infer B extends BaseType}[]?`
  ? readonly ArrayElements[B][] | null | undefined
  : T extends `${infer B extends BaseType}[]`
    ? readonly ArrayElements[B][]
    : T extends `${infer B extends BaseType}?`
      ? ArrayElements[B] | null | undefined
      : T extends BaseType
        ? ArrayElements[T]
        : T extends Rows<infer R>
          ? readonly { readonly [Name in keyof R]: ValueOf<R[Name]> }[]
          : never;
export type ValuesOf<P extends Parameters> = { readonly [Name in keyof P]: ValueOf<P[Name]> };

type GivenValues = Readonly<Record<string, unknown>>;

/** What one `$n` is filled with. */
export interface Slot {
  /** PostgreSQL's name for it. */
  readonly type: string;
  readonly read: (values: GivenValues, businessId: BusinessId | undefined) => unknown;
  /** Of lists: what is read as PostgreSQL takes it fastest. */
  readonly encode?: (list: readonly unknown[]) => Buffer;
}

const BUSINESS = "business";
const business: Slot = {
  type: "uuid",
  read(_values, businessId) {
    if (businessId === undefined) throw new Error("this statement is bound to a business, and runs outside of any");
    return businessId;
  },
};

const columnName = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const listSlot = (type: BaseType, read: (values: GivenValues) => unknown): Slot => ({
  type: `${type}[]`,
  read,
  encode: arrayEncoders[type] as (list: readonly unknown[]) => Buffer,
});

function scalarSlot(name: string, type: string): Slot {
  const read = (values: GivenValues): unknown => values[name] ?? null;
  return type.endsWith("[]") ? listSlot(type.slice(0, -2) as BaseType, read) : { type, read };
}

/** Not a cast (`::`), nor what only looks like a name (`'12:30'`). */
const PARAMETER = /(?<![:\w]):([a-z]\w*)\b( with ordinality)?(?: as (\w+))?/g;

/** The text with numbered, typed parameters. A parameter has one number, however often it is named. */
export function compileParameters(text: string, parameters: Parameters): { readonly text: string; readonly slots: readonly Slot[] } {
  const slots: Slot[] = [];
  const written = new Map<string, string>();
  const add = (slot: Slot): string => `$${String(slots.push(slot))}::${slot.type}`;

  // It is $1 wherever it is used, so that the contract test can see that it binds the rows.
  if (/(?<![:\w]):business\b/.test(text)) written.set(BUSINESS, add(business));

  function scalarOf(name: string): string {
    const known = written.get(name);
    if (known !== undefined) return known;
    const type = parameters[name];
    if (typeof type !== "string") throw new Error(`:${name} is used, but not among the parameters, of\n${text}`);
    const added = add(scalarSlot(name, type.replace("?", "")));
    written.set(name, added);
    return added;
  }

  function tableOf(name: string, { rows }: Rows): string {
    const known = written.get(name);
    if (known !== undefined) return known;
    const lists = Object.entries(rows).map(([column, type]) =>
      add(listSlot(type.replace("?", "") as BaseType, (values) => (values[name] as readonly GivenValues[]).map((row) => row[column]))),
    );
    // Behind a subquery no plan knows how many rows there are. Seen, a plan for these few always seems cheaper than one for any number, and is made anew
    // for each call: 2.8 ms for what takes 0.9 to run (replies.load-turns, 2026-11-29).
    const added = `unnest(${lists.map((list) => `(select ${list})`).join(", ")})`;
    written.set(name, added);
    return added;
  }

  const compiled = text.replaceAll(PARAMETER, (...match: readonly unknown[]) => {
    const [, name, ordinality, alias] = match as readonly [string, string, string | undefined, string | undefined];
    const parameter = parameters[name];
    const suffix = `${ordinality ?? ""}${alias === undefined ? "" : ` as ${alias}`}`;
    if (typeof parameter !== "object") return `${scalarOf(name)}${suffix}`;
    const columns = Object.keys(parameter.rows).map(columnName);
    if (ordinality !== undefined) columns.push("ord");
    return `${tableOf(name, parameter)}${ordinality ?? ""} as ${alias ?? columnName(name)} (${columns.join(", ")})`;
  });
  const unused = Object.keys(parameters).filter((name) => !written.has(name));
  if (unused.length > 0) throw new Error(`:${unused.join(", :")} is among the parameters, but not used, of\n${text}`);
  return { text: compiled, slots };
}

export function encodeParameters(slots: readonly Slot[], values: GivenValues, businessId: BusinessId | undefined): unknown[] {
  return slots.map(({ read, encode }) => {
    const value = read(values, businessId);
    return encode === undefined || value === null ? value : encode(value as readonly unknown[]);
  });
}
