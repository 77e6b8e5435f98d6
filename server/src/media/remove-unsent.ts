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

interface UnsentFile {
  readonly businessId: string;
  readonly id: string;
}

const AT_ONCE = 100;

/** One pass over all that are due; answers how many are gone. What the store does not let go is tried again within an hour. */
export function createRemoveUnsent({ database, store, log }: RemoveUnsentDeps): () => Promise<number> {
  const db = database.acrossBusinesses;

  async function isRemoved({ businessId, id }: UnsentFile): Promise<boolean> {
    const name = { businessId, sha256: "", uploadId: id };
    try {
      await store.remove({ ...name, variant: "file" });
      await store.remove({ ...name, variant: "thumbnail" });
      return true;
    } catch (error) {
      log.warn({ businessId, mediaId: id, error: messageOf(error) }, "media.not-removed");
      return false;
    }
  }

  return async () => {
    let removed = 0;
    for (let isMore = true; isMore;) {
      const claimed = await db.run(claimUnsentAcrossBusinesses, { limit: AT_ONCE });
      const files: UnsentFile[] = [];
      for (const { business_id: businessId, id } of claimed) if (await isRemoved({ businessId, id })) files.push({ businessId, id });
      if (files.length > 0) await db.execute(forgetUnsentAcrossBusinesses, { files });
      removed += files.length;
      isMore = claimed.length > 0;
    }
    return removed;
  };
}
