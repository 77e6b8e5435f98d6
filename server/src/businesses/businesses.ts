// Owns: creating and reading tenants. Refuses to know: who may do so (the CLI may; the API only reads its own).
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { idOf, instant } from "../kernel/shapes.ts";
import { findBusiness, insertBusiness, listBusinessesAcrossBusinesses } from "./businesses.queries.ts";

/** Whether content leaves by Direct Send. */
export const DIRECT_SEND_CHOICES = ["try", "known", "never"] as const;
const CHOICES: ReadonlyMap<string, (typeof DIRECT_SEND_CHOICES)[number]> = new Map(DIRECT_SEND_CHOICES.map((choice) => [choice, choice]));

export const businessSchema = z
  .object({
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
    answersAfterStop: z.boolean().describe("Whether a customer who opted out gets an answer when they write; never a template."),
    directSend: z
      .enum(DIRECT_SEND_CHOICES)
      .describe(
        "Content with a category outside the 24 hours (Direct Send): try: also where it is not known whether the account has it; known: only where it is; never.",
      ),
    replyConcurrency: z.int().nullable().describe("Replies that may be written at the same time; null: an equal share."),
    createdAt: instant,
  })
  .meta({ id: "Business" });

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

/**
 * What a new business has where nothing else is said. The pause: each message of a person who answers begins it anew; when nobody comes, the AI is
 * there again.
 */
export const NEW_BUSINESS = { quietMs: 2_000, ceilingMs: 10_000, language: "english", handoffPauseMs: 900_000 } as const;

export interface BusinessRefusal {
  readonly path: string;
  readonly problem: string;
}

export interface Businesses {
  /** Throws a RangeError with a sentence when the name or a time is not usable. */
  create(input: NewBusiness): Promise<Business>;
  find(businessId: BusinessId): Promise<Business | undefined>;
  listAcrossBusinesses(): Promise<readonly Business[]>;
}

export function createBusinesses(deps: { readonly database: Database }): Businesses {
  const { database } = deps;
  return {
    async create({
      name,
      quietMs = NEW_BUSINESS.quietMs,
      ceilingMs = NEW_BUSINESS.ceilingMs,
      language = NEW_BUSINESS.language,
      handoffPauseMs = NEW_BUSINESS.handoffPauseMs,
    }) {
      const values = { name: name.trim(), quietMs, ceilingMs, language, handoffPauseMs };
      const refusal = refusalOf(values);
      if (refusal !== undefined) throw new RangeError(refusal.problem);
      const id = newId<BusinessId>();
      const [row] = await database.forBusiness(id).run(insertBusiness, values);
      if (row === undefined) throw new Error("the insert of a business answered no row");
      return businessOf(row);
    },
    async find(businessId) {
      const [row] = await database.forBusiness(businessId).run(findBusiness, {});
      return row === undefined ? undefined : businessOf(row);
    },
    async listAcrossBusinesses() {
      const rows = await database.acrossBusinesses.run(listBusinessesAcrossBusinesses, {});
      return rows.map(businessOf);
    },
  };
}

/** What is wrong with the values of a business; undefined: nothing. */
export function refusalOf({ name, quietMs, ceilingMs }: Pick<Business, "name" | "quietMs" | "ceilingMs">): BusinessRefusal | undefined {
  if (name.length < 1 || name.length > 200) return { path: "name", problem: "The name of a business must have 1 to 200 characters." };
  if (!Number.isInteger(quietMs) || quietMs < 0 || quietMs > 60_000)
    return { path: "quietMs", problem: "The quiet time must be 0 to 60000 milliseconds." };
  if (ceilingMs < quietMs)
    return {
      path: "ceilingMs",
      problem: `The ceiling (${String(ceilingMs)} ms) must not be below the quiet time (${String(quietMs)} ms).`,
    };
  if (!Number.isInteger(ceilingMs) || ceilingMs > 300_000)
    return { path: "ceilingMs", problem: "The ceiling must be at most 300000 milliseconds." };
  return undefined;
}

export function businessOf(row: Row<typeof findBusiness>): Business {
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
    answersAfterStop: row.answers_after_stop,
    directSend: CHOICES.get(row.direct_send) ?? "never",
    replyConcurrency: row.reply_concurrency,
    createdAt: row.created_at.toISOString(),
  };
}
