// Owns: gathering the same small statement of many conversations into one statement per business. The application's role sees one
// business at a time, so a batch is split by business, with one round trip for each.
import { classifyDatabaseError } from "./classify-error.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createMicroBatcher } from "../kernel/micro-batcher.ts";

export interface BusinessBatcherOptions<In, Out> {
  /** One result per item, in order; undefined where the database answered nothing for it. */
  readonly run: (businessId: BusinessId, items: readonly In[]) => Promise<readonly Out[]>;
  readonly slots: number;
  readonly maxItems?: number;
  /** As in kernel/micro-batcher.ts. */
  readonly restMs?: number;
}

export type BusinessBatcher<In, Out> = (businessId: BusinessId, item: In) => Promise<Out>;

type Settled<Out> = { readonly ok: true; readonly out: Out } | { readonly ok: false; readonly error: unknown };

export function createBusinessBatcher<In, Out>(options: BusinessBatcherOptions<In, Out>): BusinessBatcher<In, Out> {
  async function runTogetherOrAlone(businessId: BusinessId, items: readonly In[]): Promise<readonly Settled<Out>[]> {
    try {
      return (await options.run(businessId, items)).map((out) => ({ ok: true, out }));
    } catch (error) {
      if (items.length === 1 || classifyDatabaseError(error) !== "data") return items.map(() => ({ ok: false, error }));
    }
    const settled: Settled<Out>[] = [];
    for (const item of items) settled.push(...(await runTogetherOrAlone(businessId, [item])));
    return settled;
  }

  const batcher = createMicroBatcher<{ readonly businessId: BusinessId; readonly item: In }, Settled<Out>>({
    maxItems: options.maxItems ?? 128,
    slots: options.slots,
    restMs: options.restMs ?? 0,
    shareOf: ({ businessId }) => businessId,
    async run(entries) {
      const groups = new Map<BusinessId, number[]>();
      entries.forEach(({ businessId }, index) => {
        groups.set(businessId, [...(groups.get(businessId) ?? []), index]);
      });
      const settled: Settled<Out>[] = [];
      for (const [businessId, indexes] of groups) {
        // One business's fault stays with that business, and what the database refuses of one item stays with that item.
        const items = indexes.map((index) => (entries[index] as { readonly item: In }).item);
        const results = await runTogetherOrAlone(businessId, items);
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
