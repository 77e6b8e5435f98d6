// Owns: creating and reading tenants. Refuses to know: who may do so (the CLI may; the API only reads its own).
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { RowOf } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { idOf, instant, named } from "../kernel/shapes.ts";
import { findBusiness, insertBusiness, listBusinessesAcrossBusinesses } from "./businesses.queries.ts";

export const businessSchema = named(
  "Business",
  z.object({
    id: idOf<BusinessId>(),
    name: z.string(),
    aiEnabled: z.boolean(),
    quietMs: z.int(),
    ceilingMs: z.int(),
    language: z.string(),
    handoffText: z.string(),
    handoffPauseMs: z
      .int()
      .nullable()
      .describe("How long the AI stays silent once a person was fetched or took over; null: until it is resumed."),
    answersGroups: z.boolean().describe("Whether the AI answers in groups too."),
    replyConcurrency: z.int().nullable().describe("Replies that may be written at the same time; null: an equal share."),
    createdAt: instant,
  }),
);

export type Business = Readonly<z.output<typeof businessSchema>>;

export interface NewBusiness {
  readonly name: string;
  readonly quietMs?: number | undefined;
  readonly ceilingMs?: number | undefined;
  /** A text search configuration of PostgreSQL: english, portuguese, simple, … */
  readonly language?: string | undefined;
  /** How long the AI stays silent once a person was fetched or took over; null: until somebody resumes it; absent: a quarter of an hour. */
  readonly handoffPauseMs?: number | null | undefined;
}

/** Each message of a person who answers begins it anew; when nobody comes, the AI is there again. */
const HANDOFF_PAUSE_MS = 900_000;

export interface Businesses {
  /** Throws a RangeError with a sentence when the name or a time is not usable. */
  create(input: NewBusiness): Promise<Business>;
  find(businessId: BusinessId): Promise<Business | undefined>;
  listAcrossBusinesses(): Promise<readonly Business[]>;
}

export function createBusinesses(deps: { readonly database: Database }): Businesses {
  const { database } = deps;
  return {
    async create({ name, quietMs, ceilingMs, language, handoffPauseMs }) {
      checkName(name);
      checkDebounce(quietMs ?? 2_000, ceilingMs ?? 10_000);
      const id = newId<BusinessId>();
      const values = [
        id,
        name.trim(),
        quietMs ?? null,
        ceilingMs ?? null,
        language ?? null,
        handoffPauseMs === undefined ? HANDOFF_PAUSE_MS : handoffPauseMs,
      ];
      const [row] = await database.forBusiness(id).run(insertBusiness, values);
      if (row === undefined) throw new Error("the insert of a business answered no row");
      return businessOf(row);
    },
    async find(businessId) {
      const [row] = await database.forBusiness(businessId).run(findBusiness, [businessId]);
      return row === undefined ? undefined : businessOf(row);
    },
    async listAcrossBusinesses() {
      const rows = await database.acrossBusinesses.run(listBusinessesAcrossBusinesses, []);
      return rows.map(businessOf);
    },
  };
}

function checkName(name: string): void {
  const { length } = name.trim();
  if (length < 1 || length > 200) throw new RangeError("The name of a business must have 1 to 200 characters.");
}

function checkDebounce(quietMs: number, ceilingMs: number): void {
  const isWhole = Number.isInteger(quietMs) && Number.isInteger(ceilingMs);
  if (!isWhole || quietMs < 0 || quietMs > 60_000 || ceilingMs < quietMs || ceilingMs > 300_000) {
    throw new RangeError("The quiet time must be 0 to 60000 milliseconds, and the ceiling from the quiet time to 300000 milliseconds.");
  }
}

export function businessOf(row: RowOf<typeof findBusiness.columns>): Business {
  return {
    id: row.id as BusinessId,
    name: row.name,
    aiEnabled: row.ai_enabled,
    quietMs: row.quiet_ms,
    ceilingMs: row.ceiling_ms,
    language: row.language,
    handoffText: row.handoff_text,
    handoffPauseMs: row.handoff_pause_ms,
    answersGroups: row.answers_groups,
    replyConcurrency: row.reply_concurrency,
    createdAt: row.created_at.toISOString(),
  };
}
