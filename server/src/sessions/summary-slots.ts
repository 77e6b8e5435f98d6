// Owns: how many summaries are written at the same time, so that summaries that hang leave the lane's worker free to open and close sessions.
import type { BusinessId } from "../kernel/ids.ts";

export interface SummarySlots {
  /** Gives the slot back; undefined when there is none for this business now. */
  take(businessId: BusinessId): (() => void) | undefined;
}

export function createSummarySlots(limits: { readonly all: number; readonly perBusiness: number }): SummarySlots {
  const taken = new Map<BusinessId, number>();
  let all = 0;
  return {
    take(businessId) {
      const mine = taken.get(businessId) ?? 0;
      if (all >= limits.all || mine >= limits.perBusiness) return undefined;
      all += 1;
      taken.set(businessId, mine + 1);
      return () => {
        all -= 1;
        const left = (taken.get(businessId) ?? 1) - 1;
        if (left > 0) taken.set(businessId, left);
        else taken.delete(businessId);
      };
    },
  };
}
