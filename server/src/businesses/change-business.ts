// Owns: changing how a business is answered for: the values in its own row. Refuses to know: who may (the API may its own, the CLI all), and the
// document of reply settings.
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { businessOf, type Business } from "./businesses.ts";
import { changeBusiness, lockBusiness } from "./businesses.queries.ts";

export type BusinessChanges = {
  readonly [
    Key in
      "name" | "aiEnabled" | "quietMs" | "ceilingMs" | "language" | "handoffText" | "handoffPauseMs" | "answersGroups" | "replyConcurrency"
  ]?: Business[Key] | undefined;
};

export type BusinessChange =
  | { readonly outcome: "changed"; readonly business: Business }
  | { readonly outcome: "not_found" }
  /** Nothing was changed. */
  | { readonly outcome: "invalid"; readonly path: string; readonly problem: string };

/** What is absent stays as it is. Running processes notice within seconds. */
export type ChangeBusiness = (businessId: BusinessId, changes: BusinessChanges) => Promise<BusinessChange>;

export function createChangeBusiness({ database }: { readonly database: Database }): ChangeBusiness {
  return (businessId, changes) =>
    database.forBusiness(businessId).transaction(async (tx) => {
      const [row] = await tx.run(lockBusiness, [businessId, changes.language ?? null]);
      if (row === undefined) return { outcome: "not_found" };
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const wanted: Business = { ...businessOf(row), ...given };
      const { length } = wanted.name.trim();
      if (length < 1 || length > 200) return invalid("name", "The name of a business must have 1 to 200 characters.");
      if (!row.knows_language) return invalid("language", `PostgreSQL does not know "${wanted.language}"; simple suits every language.`);
      if (wanted.ceilingMs < wanted.quietMs)
        return invalid(
          "ceilingMs",
          `The ceiling (${String(wanted.ceilingMs)} ms) must not be below the quiet time (${String(wanted.quietMs)} ms).`,
        );
      const { aiEnabled, quietMs, ceilingMs, language, handoffText, handoffPauseMs, answersGroups, replyConcurrency } = wanted;
      const values = [
        wanted.name.trim(),
        aiEnabled,
        quietMs,
        ceilingMs,
        language,
        handoffText,
        handoffPauseMs,
        answersGroups,
        replyConcurrency,
      ];
      const [changed] = await tx.run(changeBusiness, [businessId, ...values]);
      return changed === undefined ? { outcome: "not_found" } : { outcome: "changed", business: businessOf(changed) };
    });
}

function invalid(path: string, problem: string): BusinessChange {
  return { outcome: "invalid", path, problem };
}
