// Owns: the form of a table of results.

export type Row = readonly string[];
export interface Table {
  readonly title: string;
  readonly head: Row;
  readonly rows: readonly Row[];
}
