// Owns: reading what helps but is not needed: never waited for longer than it is worth, and not asked again for a while by the business for which it hung,
// so that a part that hangs delays one reply and not every reply.
import { LRUCache } from "lru-cache";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { TimeoutError, withTimeout } from "../kernel/with-timeout.ts";

export interface OptionalReadDeps {
  readonly withinMs: number;
  /** Called for each failure, not while a business is left alone. */
  readonly onFailure: (businessId: BusinessId, error: string) => void;
  readonly restMs?: number;
}

/** Answers `otherwise` when it was not read in time. Never rejects. */
export type OptionalRead = <T>(businessId: BusinessId, read: () => Promise<T>, otherwise: T) => Promise<T>;

const REST_MS = 5_000;
const MOST_BUSINESSES = 10_000;

export function createOptionalRead({ withinMs, onFailure, restMs = REST_MS }: OptionalReadDeps): OptionalRead {
  const resting = new LRUCache<BusinessId, true>({ max: MOST_BUSINESSES, ttl: restMs });
  return async (businessId, read, otherwise) => {
    if (resting.has(businessId)) return otherwise;
    try {
      return await withTimeout(read(), withinMs);
    } catch (error) {
      // What fails at once costs no time; what hangs does.
      if (error instanceof TimeoutError) resting.set(businessId, true);
      onFailure(businessId, messageOf(error));
      return otherwise;
    }
  };
}
