// Owns: turning many small concurrent requests into few large ones. Knows nothing of what a batch does.
// An item waits only while every slot is busy; the batch then takes all that came meanwhile, so size follows load and idle latency stays low.

export interface MicroBatcherOptions<In, Out> {
  /** Runs one batch; answers one result per item, in order. When it throws, every item of that batch is rejected with the error. */
  readonly run: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly maxItems: number;
  readonly slots: number;
  /** The weight at which a batch is full, and how much an item weighs. */
  readonly maxWeight?: number;
  readonly weigh?: (item: In) => number;
  /** Items that may wait; further ones are refused with `onFull`. */
  readonly maxWaiting?: number;
  readonly onFull?: () => Error;
}

export interface MicroBatcher<In, Out> {
  submit(item: In): Promise<Out>;
  readonly waiting: number;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

export function createMicroBatcher<In, Out>(options: MicroBatcherOptions<In, Out>): MicroBatcher<In, Out> {
  let queue: Waiting<In, Out>[] = [];
  let running = 0;
  let scheduled = false;
  let onIdle: (() => void)[] = [];

  function take(): Waiting<In, Out>[] {
    let count = Math.min(queue.length, options.maxItems);
    if (options.weigh !== undefined && options.maxWeight !== undefined) {
      let weight = 0;
      for (let index = 0; index < count; index += 1) {
        const entry = queue[index];
        weight += entry === undefined ? 0 : options.weigh(entry.item);
        if (weight > options.maxWeight && index > 0) count = index;
      }
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    return batch;
  }

  async function flush(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await options.run(batch.map((entry) => entry.item));
      if (results.length !== batch.length) throw new Error(`a batch of ${String(batch.length)} answered ${String(results.length)} results`);
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as Out);
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }

  function pump(): void {
    scheduled = false;
    while (running < options.slots && queue.length > 0) {
      running += 1;
      void flush(take()).then(() => {
        running -= 1;
        schedule();
        if (running === 0 && queue.length === 0) {
          for (const resolve of onIdle) resolve();
          onIdle = [];
        }
      });
    }
  }

  // setImmediate: everything that arrived in this turn of the event loop travels together.
  function schedule(): void {
    if (scheduled || queue.length === 0 || running >= options.slots) return;
    scheduled = true;
    setImmediate(pump);
  }

  return {
    submit(item) {
      if (options.maxWaiting !== undefined && queue.length >= options.maxWaiting) {
        return Promise.reject(options.onFull?.() ?? new Error("the queue is full"));
      }
      return new Promise<Out>((resolve, reject) => {
        queue.push({ item, resolve, reject });
        schedule();
      });
    },
    get waiting() {
      return queue.length;
    },
    idle() {
      if (running === 0 && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => onIdle.push(resolve));
    },
  };
}
