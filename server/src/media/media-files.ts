// Owns: what people do about the files of a business: look at one, list those that are not there, have them fetched again.
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { findMedia, listMedia, retryFailedMedia, retryMedia } from "./media.queries.ts";
import { type MediaView, mediaViewOf } from "./media-view.ts";

export const UNREADY_STATES = ["pending", "fetching", "failed", "refused"] as const;
export type UnreadyState = (typeof UNREADY_STATES)[number];

/** `ready`: there is nothing to fetch. Being fetched at this moment, it is left alone, which is as good. */
export type RetryMediaOutcome = "due" | "ready" | "not_found";

export interface MediaFiles {
  find(businessId: BusinessId, id: string): Promise<MediaView | undefined>;
  /** Of those that are not ready, the newest first. */
  list(
    businessId: BusinessId,
    request: { readonly states: readonly UnreadyState[]; readonly limit: number },
  ): Promise<readonly Row<typeof listMedia>[]>;
  retry(businessId: BusinessId, id: string): Promise<RetryMediaOutcome>;
  /** All that failed; what was refused would be refused again. Answers how many. */
  retryFailed(businessId: BusinessId): Promise<number>;
}

export interface MediaFilesDeps {
  readonly database: Database;
  readonly wake: (kind: "media") => void;
}

export function createMediaFiles({ database, wake }: MediaFilesDeps): MediaFiles {
  return {
    async find(businessId, id) {
      const [row] = await database.forBusiness(businessId).run(findMedia, { id });
      return row === undefined ? undefined : mediaViewOf(row.media);
    },
    list: (businessId, { states, limit }) => database.forBusiness(businessId).run(listMedia, { states: [...states], limit }),
    async retry(businessId, id) {
      const [row] = await database.forBusiness(businessId).run(retryMedia, { id });
      if (row === undefined) return "not_found";
      if (row.state === "ready") return "ready";
      wake("media");
      return "due";
    },
    async retryFailed(businessId) {
      const count = await database.forBusiness(businessId).execute(retryFailedMedia, {});
      if (count > 0) wake("media");
      return count;
    },
  };
}
