// Owns: keeping one business from having all connections of a pool: others find some free, and those who wait are served in turn, by business.
import type { BusinessId } from "../kernel/ids.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import { noteConnectionFailure } from "./classify-error.ts";

/** The part of the connections that one business may have. */
const SHARE = 0.8;

/** Resolves with the function that gives the place back; rejects after `waitMs`, as the pool itself does. */
export type TakeShare = (businessId: BusinessId) => (() => void) | Promise<() => void>;

export function createBusinessShares(options: { readonly connections: number; readonly waitMs: number }): TakeShare {
  const { connections, waitMs } = options;
  const places = createFairPlaces({ places: connections, perBusiness: Math.max(1, Math.floor(connections * SHARE)), waitMs });
  return (businessId) => {
    const place = places.take(businessId);
    if (typeof place === "function") return place;
    return Promise.resolve(place).then((leave) => {
      if (leave !== undefined) return leave;
      // In the words of pg-pool: the API answers 503, and work in the background is retried.
      const error = new Error("timeout exceeded when trying to connect");
      noteConnectionFailure(error);
      throw error;
    });
  };
}
