// Owns: sending templates of a category again that WhatsApp refused an account, because a person says so. Refuses to know: who stopped it (outbound/act-on-refusal.ts).
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { resumeCategory } from "./template-accounts.queries.ts";

/** False: it was not stopped. When WhatsApp refuses a message of it anew, it is stopped anew. */
export type ResumeCategory = (businessId: BusinessId, what: { readonly accountId: string; readonly category: string }) => Promise<boolean>;

export function createResumeCategory({ database }: { readonly database: Database }): ResumeCategory {
  return async (businessId, { accountId, category }) => {
    const values = { accountId, category: category.toUpperCase(), eventId: newId() };
    return (await database.forBusiness(businessId).run(resumeCategory, values)).length > 0;
  };
}
