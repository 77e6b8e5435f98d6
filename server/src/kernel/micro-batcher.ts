// Owns: turning many small concurrent requests into few large ones. Knows nothing of what a batch does.
// An item waits only while every slot is busy, or for the rest after the last batch began; the batch then takes all that came meanwhile, so size follows
// load and idle latency stays low.

export interface MicroBatcherOptions<In, Out> {
  /**
   * Runs one batch; answers one result per item, in order. A promise among them is a result that comes later: the batch has ended without it. When it
   * throws, every item of that batch is rejected with the error.
   */
  readonly run: (items: readonly In[]) => Promise<readonly (Out | Promise<Out>)[]>;
  readonly maxItems: number;
  readonly slots: number;
  /**
   * For so long after the beginning of a batch none begins: what comes meanwhile travels together. An item that comes alone does not wait. For statements
   * that cost more than their rows, and for which nobody waits. Default 0.
   */
  readonly restMs?: number;
  /** The weight at which a batch is full, and how much an item weighs. */
  readonly maxWeight?: number;
  readonly weigh?: (item: In) => number;
  /** Items that may wait; further ones are refused with `onFull`. */
  readonly maxWaiting?: number;
  readonly onFull?: () => Error;
  /** Whose item it is: batches take from everybody who waits in turn, and one share may fill only a part of the queue. */
  readonly shareOf?: (item: In) => string;
  readonly maxWaitingOfShare?: number;
  /** Nobody waits for it any more: it leaves the queue without a result. */
  readonly isGone?: (item: In) => boolean;
}

export interface MicroBatcher<In, Out> {
  /** `begun`: the rest of something that was let in already; it is not refused. */
  submit(item: In, options?: { readonly begun?: boolean }): Promise<Out>;
  readonly waiting: number;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

interface WaitingItem<In, Out> {
  readonly item: In;
  readonly resolve: (out: Out | Promise<Out>) => void;
  readonly reject: (error: unknown) => void;
}

interface Share<In, Out> {
  readonly entries: WaitingItem<In, Out>[];
  /** What is before it was taken already. */
  head: number;
}

export function createMicroBatcher<In, Out>(options: MicroBatcherOptions<In, Out>): MicroBatcher<In, Out> {
  const { restMs = 0 } = options;
  // In the order of their turns: whoever was served goes to the end.
  const shares = new Map<string, Share<In, Out>>();
  let waiting = 0;
  let running = 0;
  let scheduled = false;
  let restsUntil = 0;
  let onIdle: (() => void)[] = [];

  function take(): WaitingItem<In, Out>[] {
    const batch: WaitingItem<In, Out>[] = [];
    let weight = 0;
    for (let next = shares.entries().next(); next.done !== true && batch.length < options.maxItems; next = shares.entries().next()) {
      const [name, share] = next.value;
      const entry = share.entries[share.head];
      if (entry === undefined) break;
      const isGone = options.isGone?.(entry.item) === true;
      weight += isGone ? 0 : (options.weigh?.(entry.item) ?? 0);
      if (batch.length > 0 && weight > (options.maxWeight ?? Infinity)) break;
      if (isGone) entry.reject(new Error("nobody waits for this item any more"));
      else batch.push(entry);
      share.head += 1;
      waiting -= 1;
      const isEmpty = share.head === share.entries.length;
      if (isEmpty || shares.size > 1) shares.delete(name);
      if (!isEmpty && !shares.has(name)) shares.set(name, share);
      if (share.head >= 1_024 && share.head * 2 > share.entries.length) {
        share.entries.splice(0, share.head);
        share.head = 0;
      }
    }
    return batch;
  }

  async function flush(batch: readonly WaitingItem<In, Out>[]): Promise<void> {
    try {
      const results = await options.run(batch.map((entry) => entry.item));
      if (results.length !== batch.length) throw new Error(`a batch of ${String(batch.length)} answered ${String(results.length)} results`);
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as Out | Promise<Out>);
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }

  function pump(): void {
    scheduled = false;
    while (running < options.slots && waiting > 0) {
      const batch = take();
      if (batch.length === 0) break;
      running += 1;
      restsUntil = performance.now() + restMs;
      void flush(batch).then(() => {
        running -= 1;
        schedule();
        tellIdle();
      });
      if (restMs > 0) break;
    }
    schedule();
    tellIdle();
  }

  function tellIdle(): void {
    if (running > 0 || waiting > 0) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  // setImmediate: everything that arrived in this turn of the event loop travels together.
  function schedule(): void {
    if (scheduled || waiting === 0 || running >= options.slots) return;
    scheduled = true;
    const rest = restsUntil - performance.now();
    if (rest > 0) setTimeout(pump, rest);
    else setImmediate(pump);
  }

  return {
    submit(item, { begun = false } = {}) {
      const name = options.shareOf?.(item) ?? "";
      let share = shares.get(name);
      const ofShare = share === undefined ? 0 : share.entries.length - share.head;
      const isFull = waiting >= (options.maxWaiting ?? Infinity) || ofShare >= (options.maxWaitingOfShare ?? Infinity);
      if (isFull && !begun) return Promise.reject(options.onFull?.() ?? new Error("the queue is full"));
      if (share === undefined) {
        share = { entries: [], head: 0 };
        shares.set(name, share);
      }
      const { entries } = share;
      return new Promise<Out>((resolve, reject) => {
        entries.push({ item, resolve, reject });
        waiting += 1;
        schedule();
      });
    },
    get waiting() {
      return waiting;
    },
    idle() {
      if (running === 0 && waiting === 0) return Promise.resolve();
      return new Promise((resolve) => onIdle.push(resolve));
    },
  };
}
