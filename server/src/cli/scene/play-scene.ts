// Owns: one scene from the first message to the last reply, told line by line. Refuses to know where the lines go and how it is judged.
import type { SceneDatabase } from "./scene-database.ts";
import type { PlannedMessage } from "./scene-plan.ts";
import type { AcceptedSend, SimulatorClient } from "./simulator-client.ts";

export interface PlayDeps {
  readonly simulator: SimulatorClient;
  readonly database: SceneDatabase;
  readonly copies: number;
  readonly shuffle: boolean;
  readonly limitMs: number;
  readonly onWritten: (message: PlannedMessage) => void;
  readonly onSend: (send: AcceptedSend) => void;
}

export interface SceneOutcome {
  readonly deliveries: number;
  readonly undelivered: number;
  readonly writtenAt: ReadonlyMap<string, readonly number[]>;
  readonly sends: readonly AcceptedSend[];
}

// So many customers write at the same moment; small enough that the lines tell a story.
const WAVE = 10;
const LOOK_EVERY_MS = 500;
const CLOCK_SLACK_MS = 1_000;

/** Ends when everything written was answered and every lane is done, or when the limit has passed. */
export async function playScene(plan: readonly PlannedMessage[], deps: PlayDeps): Promise<SceneOutcome> {
  const startedAt = new Date();
  const writtenAt = new Map<string, number[]>();
  const state = { isWriting: true };
  const listening = listen(plan, { deps, startedAt, state });
  // Listened to at once: a failure while we still write must not go unnoticed.
  const outcome = Promise.all([write(plan, { deps, writtenAt }).finally(() => (state.isWriting = false)), listening]);
  const [{ deliveries, undelivered }, sends] = await outcome;
  return { deliveries, undelivered, writtenAt, sends };
}

async function write(
  plan: readonly PlannedMessage[],
  { deps, writtenAt }: { readonly deps: PlayDeps; readonly writtenAt: Map<string, number[]> },
): Promise<{ readonly deliveries: number; readonly undelivered: number }> {
  let deliveries = 0;
  let undelivered = 0;
  for (let start = 0; start < plan.length; start += WAVE) {
    const wave = plan.slice(start, start + WAVE);
    for (const message of wave) {
      deps.onWritten(message);
      const { phone } = message.customer;
      writtenAt.set(phone, [...(writtenAt.get(phone) ?? []), Date.now()]);
    }
    for (const delivered of await deps.simulator.write(wave, deps)) {
      deliveries += delivered.deliveries;
      undelivered += delivered.undelivered;
    }
  }
  return { deliveries, undelivered };
}

async function listen(
  plan: readonly PlannedMessage[],
  { deps, startedAt, state }: { readonly deps: PlayDeps; readonly startedAt: Date; readonly state: { isWriting: boolean } },
): Promise<readonly AcceptedSend[]> {
  const phones = new Set(plan.map(({ customer }) => customer.phone));
  const since = new Date(startedAt.getTime() - CLOCK_SLACK_MS);
  const ours: AcceptedSend[] = [];
  let after: string | undefined;
  let calm = false;
  while (Date.now() - startedAt.getTime() < deps.limitMs) {
    const found = await deps.simulator.listSends({ since, after, waitMs: LOOK_EVERY_MS });
    after = found.at(-1)?.id ?? after;
    for (const send of found.filter(({ to }) => phones.has(to))) {
      ours.push(send);
      deps.onSend(send);
    }
    if (state.isWriting || found.length > 0) continue;
    // Twice in a row: a reply is written by one lane and sent by another.
    const { busyLanes } = await deps.database.count([...phones]);
    if (busyLanes === 0 && calm) return ours;
    calm = busyLanes === 0;
  }
  return ours;
}
