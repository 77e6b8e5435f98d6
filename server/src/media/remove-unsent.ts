// Owns: removing files that were uploaded and that no message has named within their time. Refuses to know: when it is done.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { claimUnsentAcrossBusinesses, forgetUnsentAcrossBusinesses } from "./media-out.queries.ts";
import type { MediaStore } from "./media-store.ts";

export interface RemoveUnsentDeps {
  readonly database: Database;
  readonly store: MediaStore;
  readonly log: Log;
}

const AT_ONCE = 100;

/** One pass; answers how many are gone. What the store does not let go is tried again within an hour. */
export function createRemoveUnsent({ database, store, log }: RemoveUnsentDeps): () => Promise<number> {
  return async () => {
    const claimed = await database.acrossBusinesses.run(claimUnsentAcrossBusinesses, { limit: AT_ONCE });
    const files: { readonly businessId: string; readonly id: string }[] = [];
    for (const { business_id: businessId, id } of claimed) {
      const name = { businessId, sha256: "", uploadId: id };
      try {
        await store.remove({ ...name, variant: "file" });
        await store.remove({ ...name, variant: "thumbnail" });
        files.push({ businessId, id });
      } catch (error) {
        log.warn({ businessId, mediaId: id, error: messageOf(error) }, "media.not-removed");
      }
    }
    if (files.length > 0) await database.acrossBusinesses.execute(forgetUnsentAcrossBusinesses, { files });
    return files.length;
  };
}
