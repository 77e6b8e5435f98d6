// Owns: the queue of one kind of item: how many wait and whose they are, in slices with a deadline, in batches, in turns. Refuses to know: what the items are.
import { Fault } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createMicroBatcher } from "../kernel/micro-batcher.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import type { SetAside } from "./around-locks.ts";
import { createTurns } from "./take-turns.ts";

export interface IngestQueueOptions<Item, Out> {
  readonly slots: number;
  /** As in kernel/micro-batcher.ts. */
  readonly restMs?: number;
  readonly maxWaiting: number;
  readonly maxBatch?: number | undefined;
  /** Absent: 10 s. */
  readonly deadlineMs?: number | undefined;
  /** Two batches may write for this name at the same time; absent: for none. */
  readonly mayOverlap?: (name: string) => boolean;
  /** How long a batch has to be under way before others wait behind it after all; absent: 100 ms. */
  readonly slowMs?: number | undefined;
  readonly weigh?: (item: Item) => number;
  /** Items that share one of these are stored one after the other. */
  readonly namesOf: (item: Item) => readonly string[];
  readonly store: (items: readonly Item[], isRepeat: boolean) => Promise<readonly (Out | SetAside)[]>;
}

export interface IngestQueue<Item, Out> {
  /** The outcomes of one delivery, in order, a slice at a time; the first failure ends it, and what of it still waits then leaves the queue. */
  submitAll<In>(inputs: readonly In[], itemOf: (input: In) => Item): Promise<readonly Out[]>;
  readonly waiting: number;
  idle(): Promise<void>;
}

const MAX_BATCH = 256;
/** A full batch of ordinary messages has less; one of the longest texts takes as long as that. */
const MAX_BATCH_BYTES = 250_000;
/** What one delivery may have in the queue at a time: a body of any size is taken in slices, each in the batch of whatever is small and came meanwhile. The platform puts 1,000 into one: had it all of them in the queue, the others would wait for four batches. */
const SLICE = 128;
/** The part of the queue that one business may fill; what is beyond it is refused with 503. */
const SHARE = 0.25;
/** A slice that is not durable by then is answered 503; what is just being stored is a duplicate when it is delivered again. */
const DEADLINE_MS = 10_000;

interface QueuedItem<Item> {
  readonly item: Item;
  readonly delivery: Delivery;
}

interface Delivery {
  /** Its sender has been answered. */
  isOver: boolean;
}

export const unavailable = (cause: unknown): Fault =>
  new Fault("unavailable", "The database cannot take messages right now. Nothing of this delivery was acknowledged; deliver it again.", {
    cause,
    retryAfterSeconds: 2,
  });

export function createIngestQueue<Item extends { readonly businessId: BusinessId }, Out extends string>(
  options: IngestQueueOptions<Item, Out>,
): IngestQueue<Item, Out> {
  const { maxWaiting, deadlineMs = DEADLINE_MS, weigh = () => 0 } = options;
  const bounds = {
    maxItems: options.maxBatch ?? MAX_BATCH,
    maxWeight: MAX_BATCH_BYTES,
    weigh: ({ item }: QueuedItem<Item>): number => weigh(item),
    maxWaiting,
    maxWaitingOfShare: Math.ceil(maxWaiting * SHARE),
    shareOf: ({ item }: QueuedItem<Item>): string => item.businessId,
    isGone: ({ delivery }: QueuedItem<Item>): boolean => delivery.isOver,
    onFull: (): Fault => unavailable(new Error("the ingest queue is full")),
  };
  // A small queue has small slices: the first one must fit into the share of its business.
  const sliceSize = Math.max(1, Math.min(SLICE, Math.floor(maxWaiting * SHARE)));
  const turns = createTurns<QueuedItem<Item>, Out>({
    ...bounds,
    ...(options.slowMs === undefined ? {} : { slowMs: options.slowMs }),
    ...(options.mayOverlap === undefined ? {} : { mayOverlap: options.mayOverlap }),
    namesOf: ({ item }) => options.namesOf(item),
    store: (submitted, isRepeat) =>
      options.store(
        submitted.map(({ item }) => item),
        isRepeat,
      ),
  });
  const batcher = createMicroBatcher<QueuedItem<Item>, Out>({
    slots: options.slots,
    restMs: options.restMs ?? 0,
    ...bounds,
    run: (items) => turns.run(items),
  });

  return {
    get waiting() {
      return batcher.waiting + turns.waiting;
    },
    async idle() {
      await batcher.idle();
      await turns.idle();
    },
    async submitAll(inputs, itemOf) {
      const delivery: Delivery = { isOver: false };
      const results: Out[] = [];
      try {
        // One message, as almost every delivery has: no lists of promises for it.
        const [only] = inputs;
        if (inputs.length === 1 && only !== undefined)
          return [await withTimeout(batcher.submit({ item: itemOf(only), delivery }), deadlineMs)];
        let slice: Promise<Out>[] = [];
        let weight = 0;
        for (const [at, input] of inputs.entries()) {
          const item = itemOf(input);
          slice.push(batcher.submit({ item, delivery }, { begun: results.length > 0 }));
          weight += weigh(item);
          if (slice.length < sliceSize && weight < MAX_BATCH_BYTES && at < inputs.length - 1) continue;
          for (const result of await withTimeout(Promise.all(slice), deadlineMs)) results.push(result);
          slice = [];
          weight = 0;
        }
      } catch (error) {
        delivery.isOver = true;
        throw error;
      }
      return results;
    },
  };
}
