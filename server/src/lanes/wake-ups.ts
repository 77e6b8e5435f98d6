// Owns: telling the workers, here and in other processes, that something may be due. A hint, never the truth: a lost one costs at most the workers' poll
// interval.
import pg from "pg";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { createLoop } from "../kernel/loop.ts";
import type { LaneKind } from "./lane-store.ts";

/** `knowledge`: a text waits to be indexed. `media`: a file waits to be fetched. `transcript`: a voice note waits to be written down. */
type Work = LaneKind | "knowledge" | "media" | "transcript";
/** What is announced beside the kinds of work: identity/split.queries.ts. */
type Signal = Work | "identity";

const SIGNALS: ReadonlySet<string> = new Set<Signal>(["reply", "send", "session", "knowledge", "media", "transcript", "identity"]);
const isSignal = (word: string): word is Signal => SIGNALS.has(word);

export interface WakeUps {
  wake(kind: Work): void;
  /** `identity`: a thread was split; what is remembered of who is who may be wrong. */
  on(signal: Signal, listener: () => void): void;
  /** Does nothing when it was started or stopped before. */
  start(): void;
  stop(): Promise<void>;
}

export interface WakeUpsDeps {
  readonly url: string;
  readonly origin: string;
  /** False where no worker runs: such a process only announces. */
  readonly listen: boolean;
  readonly log: Log;
}

const CHANNEL = "onethread_lanes";
// A NOTIFY per message halves the throughput of ingest (measured 2026-11-22): one per process and interval is enough.
const NOTIFY_INTERVAL_MS = 25;
const RECONNECT_MS = 500;

export function createWakeUps(deps: WakeUpsDeps): WakeUps {
  const listeners = new Map<Signal, (() => void)[]>();
  const announced = new Set<Work>();
  let timer: NodeJS.Timeout | undefined;
  let client: pg.Client | undefined;
  let stopped = false;
  const connecting = createLoop({
    async pass() {
      if (client === undefined) await connect();
      return Infinity;
    },
    pauseMs: RECONNECT_MS,
    minIntervalMs: RECONNECT_MS,
    onFailed(error) {
      deps.log.warn({ error: messageOf(error) }, "wake-up.connection-refused");
    },
  });

  function emit(kind: Signal): void {
    for (const listener of listeners.get(kind) ?? []) listener();
  }

  // The timer stays set until the database has taken the last announcement: one at a time, whatever it costs.
  async function announce(): Promise<void> {
    const kinds = [...announced].join(",");
    announced.clear();
    await client?.query("select pg_notify($1, $2)", [CHANNEL, `${deps.origin}:${kinds}`]).catch((error: unknown) => {
      deps.log.warn({ error: messageOf(error) }, "wake-up.not-announced");
    });
    timer = announced.size > 0 && !stopped ? setTimeout(() => void announce(), NOTIFY_INTERVAL_MS) : undefined;
  }

  function hear(payload: string | undefined): void {
    const [origin, kinds] = (payload ?? "").split(":");
    if (origin === deps.origin) return;
    for (const kind of (kinds ?? "").split(",")) if (isSignal(kind)) emit(kind);
  }

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: deps.url,
      application_name: "onethread-wake-ups",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
    });
    next.on("notification", (message) => {
      hear(message.payload);
    });
    next.on("error", (error) => {
      deps.log.warn({ error: error.message }, "wake-up.connection-lost");
    });
    next.on("end", () => {
      if (client !== next) return;
      client = undefined;
      connecting.wake();
    });
    try {
      await next.connect();
      if (deps.listen) await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    client = next;
    // Whatever was announced while nobody listened.
    for (const kind of listeners.keys()) emit(kind);
  }

  return {
    wake(kind) {
      emit(kind);
      if (stopped) return;
      announced.add(kind);
      timer ??= setTimeout(() => void announce(), NOTIFY_INTERVAL_MS);
    },
    on(kind, listener) {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
    },
    start() {
      connecting.start();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await connecting.stop();
      await client?.end().catch(() => undefined);
    },
  };
}
