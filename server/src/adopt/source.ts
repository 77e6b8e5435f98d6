// Owns: reading an older database: one read-only snapshot of it, whatever happens there meanwhile. Refuses to know: what its rows mean.
import pg from "pg";
import type { z } from "zod";
import { sqlStateOf } from "../db/classify-error.ts";
import { messageOf } from "../kernel/faults.ts";
import type { MappedTable, Mapping } from "./mapping.ts";
import { oldBusinessSchema, oldConversationSchema, oldLeadSchema, oldMessageSchema } from "./old-rows.ts";
import type { OldBusiness, OldConversation, OldLead, OldMessage } from "./old-rows.ts";
import * as sql from "./source-sql.ts";

/** Rows up to here are dealt with. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** Rows that the mapping does not want, and why: a condition that they do not meet. */
export interface Omission {
  readonly table: string;
  readonly why: string;
  readonly rows: number;
}

export interface SourceCounts {
  readonly leftOut: readonly Omission[];
  readonly businesses: readonly OldBusiness[];
  /** Rows that no business owns. */
  readonly ofNobody: { readonly conversations: number; readonly messageIds: readonly string[] };
}

export interface Source {
  count(): Promise<SourceCounts>;
  listConversations(oldBusinessId: string): Promise<readonly OldConversation[]>;
  listLeads(oldBusinessId: string): Promise<readonly OldLead[]>;
  /** The provider's ids that more than one row of the business carries. */
  listRepeatedProviderIds(oldBusinessId: string): Promise<ReadonlySet<string>>;
  /** In the order (created_at, id), in parts of `size`. One stream at a time. */
  streamMessages(
    oldBusinessId: string,
    options: { readonly after: Cursor | undefined; readonly size: number },
  ): AsyncGenerator<readonly OldMessage[]>;
  findMessages(oldBusinessId: string, ids: readonly string[]): Promise<readonly OldMessage[]>;
  close(): Promise<void>;
}

/** The mapping names what is not there, or what has another type. */
export class SourceMismatch extends Error {}

// No such table, column, function, operator; not JSON; no time or number.
const MISFITS = new Set(["42P01", "42703", "42883", "42804", "42846", "22P02", "22007", "22008"]);

// Nothing of ours may be written there, and nothing there may cut a long run short.
const SESSION = [
  "-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO",
  "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0",
].join(" ");

/** Throws when the database cannot be reached, or lacks a table or column of the mapping (an error of PostgreSQL that names it). */
export async function openSource(url: string, mapping: Mapping): Promise<Source> {
  const client = new pg.Client({
    connectionString: url,
    options: SESSION,
    application_name: "onethread-adopt",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // An error between two statements reaches us with the next one.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("begin isolation level repeatable read, read only");
  } catch (error) {
    await client.end();
    throw error;
  }
  return createSource(client, mapping);
}

function createSource(client: pg.Client, mapping: Mapping): Source {
  async function query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } catch (cause) {
      if (!MISFITS.has(sqlStateOf(cause) ?? "")) throw cause;
      throw new SourceMismatch(`The older database does not fit the mapping ${mapping.name}: ${messageOf(cause)}. Nothing was changed.`, {
        cause,
      });
    }
  }
  async function list<Schema extends z.ZodType>(
    schema: Schema,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly z.infer<Schema>[]> {
    const rows = await query<pg.QueryResultRow>(text, values);
    return rows.map((row) => schema.parse(row));
  }
  async function listIds(text: string, values: readonly unknown[] = []): Promise<readonly string[]> {
    const rows = await query<{ id: string | null }>(text, values);
    return rows.flatMap(({ id }) => (id === null ? [] : [id]));
  }
  async function countLeftOut(table: MappedTable): Promise<readonly Omission[]> {
    const text = sql.leftOutSql(table);
    const rows = text === undefined ? [] : await query<{ why: string; rows: string }>(text, []);
    return rows.map((row) => ({ table: table.table, why: row.why, rows: Number(row.rows) }));
  }
  return {
    async count() {
      const rows = await list(oldBusinessSchema.extend({ id: oldBusinessSchema.shape.id.nullable() }), sql.listBusinessesSql(mapping));
      const nobody = rows.find(({ id }) => id === null);
      return {
        leftOut: [...(await countLeftOut(mapping.conversations)), ...(await countLeftOut(mapping.messages))],
        businesses: rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ ...row, id }])),
        ofNobody: {
          conversations: nobody?.conversations ?? 0,
          messageIds: (nobody?.messages ?? 0) === 0 ? [] : await listIds(sql.messagesOfNobodySql(mapping)),
        },
      };
    },
    listConversations: (oldBusinessId) => list(oldConversationSchema, sql.listConversationsSql(mapping), [oldBusinessId]),
    async listLeads(oldBusinessId) {
      const text = sql.listLeadsSql(mapping);
      return text === undefined ? [] : list(oldLeadSchema, text, [oldBusinessId]);
    },
    async listRepeatedProviderIds(oldBusinessId) {
      const text = sql.repeatedProviderIdsSql(mapping);
      return new Set(text === undefined ? [] : await listIds(text, [oldBusinessId]));
    },
    async *streamMessages(oldBusinessId, { after, size }) {
      // A cursor of the server: one sort, however many rows there are and whichever indexes are missing.
      const values = after === undefined ? [oldBusinessId] : [oldBusinessId, after.at, after.id];
      await query(`declare adoption no scroll cursor for ${sql.messagesSql(mapping, after !== undefined)}`, values);
      try {
        for (;;) {
          const rows = await list(oldMessageSchema, `fetch ${String(size)} from adoption`);
          if (rows.length > 0) yield rows;
          if (rows.length < size) return;
        }
      } finally {
        await client.query("close adoption").catch(() => undefined);
      }
    },
    findMessages: (oldBusinessId, ids) => list(oldMessageSchema, sql.messagesByIdSql(mapping), [oldBusinessId, ids]),
    async close() {
      await client.end();
    },
  };
}
