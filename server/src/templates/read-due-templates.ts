// Owns: one pass over the accounts whose templates are due to be read. Refuses to know: when passes are made.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { SyncTemplates } from "./sync-templates.ts";
import { listDueTemplateAccountsAcrossBusinesses } from "./template-accounts.queries.ts";

export interface ReadDueTemplatesDeps {
  readonly database: Database;
  readonly syncTemplates: SyncTemplates;
  readonly log: Log;
}

/** Some at once: a request that hangs holds up its own account, and a part of the pass. */
const AT_ONCE = 5;

/** Answers how many accounts were read. */
export function createReadDueTemplates({ database, syncTemplates, log }: ReadDueTemplatesDeps): () => Promise<number> {
  return async () => {
    const due = await database.acrossBusinesses.run(listDueTemplateAccountsAcrossBusinesses, {});
    const left = due.values();
    let read = 0;
    const work = async (): Promise<void> => {
      for (const { business_id: businessId, account_id: accountId } of left) {
        try {
          const run = await syncTemplates(businessId as BusinessId, accountId);
          if (run.outcome === "read") read += 1;
        } catch (error) {
          log.warn({ businessId, accountId, error: messageOf(error) }, "templates.not-read");
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, work));
    return read;
  };
}
