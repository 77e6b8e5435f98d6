// Owns: changing how a business is answered for: the values in its own row. Refuses to know: who may (the API may its own, the CLI all), and the
// document of reply settings.
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { businessOf, refusalOf, type Business, type BusinessRefusal } from "./businesses.ts";
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
      const { aiEnabled, quietMs, ceilingMs, language, handoffText, handoffPauseMs, answersGroups, replyConcurrency } = wanted;
      const name = wanted.name.trim();
      const refusal = refusalOf({ name, quietMs, ceilingMs }) ?? refusalOfLanguage(language, row.knows_language);
      if (refusal !== undefined) return { outcome: "invalid", ...refusal };
      const values = { name, aiEnabled, quietMs, ceilingMs, language, handoffText, handoffPauseMs, answersGroups, replyConcurrency };
      const [changed] = await tx.run(changeBusiness, values);
      return changed === undefined ? { outcome: "not_found" } : { outcome: "changed", business: businessOf(changed) };
    });
}

function refusalOfLanguage(language: string, isKnown: boolean): BusinessRefusal | undefined {
  if (isKnown) return undefined;
  return { path: "language", problem: `PostgreSQL does not know "${language}"; simple suits every language.` };
}
