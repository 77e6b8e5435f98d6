// Owns: delivering events to Onethread in their order, each until it is taken. In memory: what is not yet taken is lost with the process.
// Refuses to know: what the events say.

export interface ForwardedEvent {
  readonly event: string;
  readonly data: unknown;
}

export interface EventForwarderOptions {
  readonly url: string;
  readonly secret: string;
  /** Asked for each request: who we are becomes known only after the login. */
  readonly me: () => unknown;
  readonly fetch: typeof globalThis.fetch;
  readonly wait: (ms: number) => Promise<void>;
  /** Called with each failed try, and with what was given up. */
  readonly onError: (error: Error) => void;
}

export interface EventForwarder {
  add(event: ForwardedEvent): void;
  /** Resolves when everything that was added has been taken. */
  idle(): Promise<void>;
  /** Ends the retries; what waits is lost. */
  stop(): void;
}

const BATCH = 50;
const MOST_WAITING = 20_000;
const LONGEST_WAIT_MS = 60_000;

export function createEventForwarder(options: EventForwarderOptions): EventForwarder {
  const waiting: ForwardedEvent[] = [];
  let running: Promise<void> | undefined;
  let stopped = false;

  async function post(events: readonly ForwardedEvent[]): Promise<number> {
    try {
      const answer = await options.fetch(options.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${options.secret}` },
        body: JSON.stringify({ me: options.me(), events }),
      });
      await answer.body?.cancel();
      if (!answer.ok) options.onError(new Error(`Onethread answered ${answer.status}; the events are kept and sent again.`));
      return answer.status;
    } catch (error) {
      options.onError(new Error("Onethread could not be reached; the events are kept and sent again.", { cause: error }));
      return 0;
    }
  }

  async function drain(): Promise<void> {
    let size = BATCH;
    for (let failures = 0; waiting.length > 0 && !stopped;) {
      const batch = waiting.slice(0, size);
      const status = await post(batch);
      if (status >= 200 && status < 300) {
        waiting.splice(0, batch.length);
        size = BATCH;
        failures = 0;
      } else if (status === 413 && batch.length > 1) size = Math.ceil(batch.length / 2);
      else if (status === 413) {
        waiting.shift();
        options.onError(new Error("An event was larger than Onethread takes. It was given up."));
      } else {
        // Never given up: a wrong secret is fixed one day, and the order must hold.
        await options.wait(Math.min(LONGEST_WAIT_MS, 1000 * 2 ** failures));
        failures = Math.min(failures + 1, 10);
      }
    }
  }

  return {
    add(event) {
      if (stopped) return;
      if (waiting.length >= MOST_WAITING) {
        waiting.splice(BATCH, 1);
        options.onError(new Error(`More than ${MOST_WAITING} events wait for Onethread. The oldest was given up.`));
      }
      waiting.push(event);
      running ??= drain().finally(() => {
        running = undefined;
      });
    },
    async idle() {
      while (running !== undefined) await running;
    },
    stop() {
      stopped = true;
    },
  };
}
