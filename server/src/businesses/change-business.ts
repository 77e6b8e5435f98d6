// Owns: changing how a business is answered for: the values in its own row. Refuses to know: who may (the API may its own, the CLI all), and the
// document of reply settings.
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { businessOf, DIRECT_SEND_CHOICES, refusalOf, type Business, type BusinessRefusal } from "./businesses.ts";
import { changeBusiness, lockBusiness } from "./businesses.queries.ts";

export const businessChangesSchema = z
  .strictObject({
    aiEnabled: z.boolean().optional(),
    quietMs: z.int().min(0).max(60_000).optional().describe("How long a customer must be quiet before the reply."),
    ceilingMs: z.int().min(0).max(300_000).optional().describe("How long a reply waits at most."),
    language: z
      .string()
      .regex(/^[a-z_]{1,60}$/, "must be a text search configuration of PostgreSQL, such as english or simple")
      .optional(),
    handoffText: z
      .string()
      .transform((text) => cleanString(text).trim())
      .pipe(z.string().min(1).max(4_096))
      .optional(),
    handoffPauseMs: z.int().min(0).max(31_536_000_000).nullable().optional().describe("null: until somebody resumes the AI."),
    answersGroups: z.boolean().optional(),
    answersAfterStop: z.boolean().optional(),
    directSend: z.enum(DIRECT_SEND_CHOICES).optional(),
    replyConcurrency: z.int().min(1).max(10_000).nullable().optional().describe("null: an equal share."),
  })
  .meta({ id: "BusinessChanges" });

/** The API renames no business. */
export type BusinessChanges = Readonly<z.output<typeof businessChangesSchema>> & { readonly name?: string | undefined };

export type BusinessChange =
  | { readonly outcome: "changed"; readonly business: Business }
  | { readonly outcome: "not_found" }
  /** Nothing was changed. */
  | ({ readonly outcome: "invalid" } & BusinessRefusal);

/** What is absent stays as it is. Running processes notice within seconds. */
export type ChangeBusiness = (businessId: BusinessId, changes: BusinessChanges) => Promise<BusinessChange>;

export function createChangeBusiness({ database }: { readonly database: Database }): ChangeBusiness {
  return (businessId, changes) =>
    database.forBusiness(businessId).transaction(async (tx) => {
      const [row] = await tx.run(lockBusiness, { language: changes.language });
      if (row === undefined) return { outcome: "not_found" };
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const wanted: Business = { ...businessOf(row), ...given };
      const { aiEnabled, quietMs, ceilingMs, language, handoffText, handoffPauseMs, answersGroups, answersAfterStop, directSend } = wanted;
      const name = wanted.name.trim();
      const refusal = refusalOf({ name, quietMs, ceilingMs }) ?? refusalOfLanguage(language, row.knows_language);
      if (refusal !== undefined) return { outcome: "invalid", ...refusal };
      const values = {
        name,
        aiEnabled,
        quietMs,
        ceilingMs,
        language,
        handoffText,
        handoffPauseMs,
        answersGroups,
        answersAfterStop,
        directSend,
        replyConcurrency: wanted.replyConcurrency,
      };
      const [changed] = await tx.run(changeBusiness, values);
      return changed === undefined ? { outcome: "not_found" } : { outcome: "changed", business: businessOf(changed) };
    });
}

function refusalOfLanguage(language: string, isKnown: boolean): BusinessRefusal | undefined {
  if (isKnown) return undefined;
  return { path: "language", problem: `PostgreSQL does not know "${language}"; simple suits every language.` };
}
