// Owns: having a voice note written down again, by hand. Refuses to know: who does it, and what it is worth by then: a reply that was given stays.
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { retryFailedTranscripts, retryTranscript } from "./transcripts.queries.ts";

export interface RetryTranscripts {
  /** By the id of its message. `ready`: it is written down. Being written down at this moment, it is left alone, which is as good. */
  retry(businessId: BusinessId, id: string): Promise<"due" | "ready" | "not_found">;
  /** All that failed. Answers how many. */
  retryFailed(businessId: BusinessId): Promise<number>;
}

export interface RetryTranscriptsDeps {
  readonly database: Database;
  readonly wake: (kind: "transcript") => void;
}

export function createRetryTranscripts({ database, wake }: RetryTranscriptsDeps): RetryTranscripts {
  return {
    async retry(businessId, id) {
      const [row] = await database.forBusiness(businessId).run(retryTranscript, { id });
      if (row === undefined) return "not_found";
      if (row.state === "ready") return "ready";
      wake("transcript");
      return "due";
    },
    async retryFailed(businessId) {
      const count = await database.forBusiness(businessId).execute(retryFailedTranscripts, {});
      if (count > 0) wake("transcript");
      return count;
    },
  };
}
