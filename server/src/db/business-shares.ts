// Owns: that one business never has all connections of a pool: whoever else comes finds some free, and those who wait are served in turn by business.
import type { BusinessId } from "../kernel/ids.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import { noteConnectionFailure } from "./classify-error.ts";

/** Of the connections, for one business. */
const SHARE = 0.8;

/** Resolves with what gives the connection's place back; rejects after `waitMs` as the pool itself does. */
export type TakeShare = (businessId: BusinessId) => (() => void) | Promise<() => void>;

export function createBusinessShares(options: { readonly connections: number; readonly waitMs: number }): TakeShare {
  const { connections, waitMs } = options;
  const places = createFairPlaces({ places: connections, perBusiness: Math.max(1, Math.floor(connections * SHARE)), waitMs });
  return (businessId) => {
    const place = places.take(businessId);
    if (typeof place === "function") return place;
    return Promise.resolve(place).then((leave) => {
      if (leave !== undefined) return leave;
      // As pg-pool says it: the API answers 503, and work in the background comes again.
      const error = new Error("timeout exceeded when trying to connect");
      noteConnectionFailure(error);
      throw error;
    });
  };
}
