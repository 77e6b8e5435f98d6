// Owns: gathering the same small statement of many conversations into one statement per business. The application's role sees one
// business at a time, so a batch is cut by business; inside a business it is one round trip.
import type { BusinessId } from "../kernel/ids.ts";
import { createMicroBatcher } from "../kernel/micro-batcher.ts";

export interface BusinessBatcherOptions<In, Out> {
  /** One result per item, in order; undefined where the database answered nothing for it. */
  readonly run: (businessId: BusinessId, items: readonly In[]) => Promise<readonly Out[]>;
  readonly slots: number;
  readonly maxItems?: number;
}

export type BusinessBatcher<In, Out> = (businessId: BusinessId, item: In) => Promise<Out>;

type Settled<Out> = { readonly ok: true; readonly out: Out } | { readonly ok: false; readonly error: unknown };

export function createBusinessBatcher<In, Out>(options: BusinessBatcherOptions<In, Out>): BusinessBatcher<In, Out> {
  const batcher = createMicroBatcher<{ readonly businessId: BusinessId; readonly item: In }, Settled<Out>>({
    maxItems: options.maxItems ?? 128,
    slots: options.slots,
    async run(entries) {
      const groups = new Map<BusinessId, number[]>();
      entries.forEach(({ businessId }, index) => {
        groups.set(businessId, [...(groups.get(businessId) ?? []), index]);
      });
      const settled: Settled<Out>[] = [];
      for (const [businessId, indexes] of groups) {
        // One business's fault stays with that business.
        const items = indexes.map((index) => (entries[index] as { readonly item: In }).item);
        const results = await options.run(businessId, items).then(
          (outs) => outs.map((out): Settled<Out> => ({ ok: true, out })),
          (error: unknown) => items.map((): Settled<Out> => ({ ok: false, error })),
        );
        indexes.forEach((index, at) => {
          settled[index] = results[at] as Settled<Out>;
        });
      }
      return settled;
    },
  });
  return async (businessId, item) => {
    const result = await batcher.submit({ businessId, item });
    if (!result.ok) throw result.error;
    return result.out;
  };
}
