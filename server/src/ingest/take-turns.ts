// Owns: keeping the messages of one person in order where a batch is slow or its person is new: what arrives meanwhile waits beside the batches and holds
// up nobody else. What met a lock is repeated from here, before all that is behind it.
// Refuses to know: how it is stored, and what makes a name.
import { LRUCache } from "lru-cache";
import { isSetAside, type SetAside } from "./around-locks.ts";

export interface TurnsOptions<Item, Out> {
  /** Whoever shares one of them with another has to wait for that other. None: it never waits. */
  readonly namesOf: (item: Item) => readonly string[];
  /** Answers one outcome per item, in order. `isRepeat`: some of them met a lock before, so it must not wait long for one. */
  readonly store: (items: readonly Item[], isRepeat: boolean) => Promise<readonly (Out | SetAside)[]>;
  /** Nobody waits for it any more. */
  readonly isGone: (item: Item) => boolean;
  readonly maxItems: number;
  readonly maxWeight?: number;
  readonly weigh?: (item: Item) => number;
  /** Items that may wait, in all and of one share; further ones are refused with `onFull`. */
  readonly maxWaiting: number;
  readonly maxWaitingOfShare: number;
  readonly shareOf: (item: Item) => string;
  readonly onFull: () => Error;
  /** When what met a lock is tried again; absent: 150 ms. */
  readonly repeatMs?: number;
  /** Two batches may write for this name at the same time, as long as neither is slow; absent: for none. */
  readonly mayOverlap?: (name: string) => boolean;
  /** How long a batch has to be under way before others wait behind it, whatever the name; absent: 100 ms. */
  readonly slowMs?: number;
}

export interface Turns<Item, Out> {
  /** The outcomes of those whose turn it is; of the others promises. Never throws. */
  run(items: readonly Item[]): Promise<readonly (Out | Promise<Out>)[]>;
  readonly waiting: number;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

interface Entry<Item, Out> {
  readonly item: Item;
  readonly names: readonly string[];
  /** Its place in the order of arrival. */
  readonly ord: number;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
  notBefore: number;
}

type Arrival<Item> = Pick<Entry<Item, unknown>, "item" | "names" | "ord">;
type Track = "behind" | "locked";

/** The items of one name in all batches. */
interface NameInProgress {
  items: number;
  /** When the first of them began. */
  readonly since: number;
}

const REPEAT_MS = 150;
/**
 * A healthy batch takes some ten milliseconds, and two that share a known thread wait for each other at its row: keeping them apart makes smaller batches, which
 * cost more (d / a fell from 0.60 to 0.48). Only behind one that takes longer is it worth waiting.
 */
const SLOW_MS = 100;
/** What only an attempt can show is tried less often by this factor, so that the others of a batch get their turn. */
const STUCK_FACTOR = 3;
/** For this long after their last lock a person's messages have a track of their own. */
const SUSPECT_MS = 30_000;
const MAX_SUSPECTS = 50_000;

export function createTurns<Item, Out extends string>(options: TurnsOptions<Item, Out>): Turns<Item, Out> {
  const { repeatMs = REPEAT_MS, slowMs = SLOW_MS } = options;
  const underWay = new Map<string, NameInProgress>();
  const suspects = new LRUCache<string, true>({ max: MAX_SUSPECTS, ttl: SUSPECT_MS });
  const running = new Set<Track>();
  const onIdle: (() => void)[] = [];
  let waiting: Entry<Item, Out>[] = [];
  let waitingNames = new Map<string, number>();
  let waitingOfShare = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let arrived = 0;

  function notBeforeOf(tried: SetAside | undefined): number {
    if (tried === undefined) return 0;
    return performance.now() + (tried === "stuck" ? STUCK_FACTOR : 1) * repeatMs;
  }

  // In ordinary times there are none, and asking costs more than counting.
  const isSuspect = (name: string): boolean => suspects.size > 0 && suspects.has(name);

  const isIdle = (): boolean => waiting.length === 0 && running.size === 0;

  function setWaiting(entries: Entry<Item, Out>[]): void {
    waiting = entries;
    waitingNames = new Map();
    waitingOfShare = new Map();
    for (const entry of entries) countWaiting(entry);
  }

  function countWaiting({ item, names }: Arrival<Item>): void {
    for (const name of names) add(waitingNames, name, 1);
    add(waitingOfShare, options.shareOf(item), 1);
  }

  /** Its outcome, once it has had its turn. `tried`: it was under way, and goes before those here that arrived later. */
  function wait({ item, names, ord }: Arrival<Item>, tried?: SetAside): Promise<Out> {
    const isFull = waiting.length >= options.maxWaiting || (waitingOfShare.get(options.shareOf(item)) ?? 0) >= options.maxWaitingOfShare;
    if (isFull) return refused(options.onFull());
    const outcome = new Promise<Out>((resolve, reject) => {
      const entry: Entry<Item, Out> = { item, names, ord, resolve, reject, notBefore: notBeforeOf(tried) };
      let at = waiting.length;
      while (tried !== undefined && at > 0 && (waiting[at - 1]?.ord ?? 0) > ord) at -= 1;
      waiting.splice(at, 0, entry);
      countWaiting(entry);
    });
    return heardLater(outcome);
  }

  /** `settle` runs while their names are still taken: what it puts back comes before all that is behind it. */
  async function store(
    entries: readonly Arrival<Item>[],
    isRepeat: boolean,
    settle: (outcomes: readonly (Out | SetAside | Error)[]) => void,
  ): Promise<void> {
    const since = performance.now();
    for (const { names } of entries) {
      for (const name of names) {
        const others = underWay.get(name);
        if (others === undefined) underWay.set(name, { items: 1, since });
        else others.items += 1;
      }
    }
    const outcomes = await outcomesOf(entries, isRepeat);
    entries.forEach(({ names }, at) => {
      const isLocked = isSetAside(outcomes[at]);
      for (const name of names) {
        if (isLocked) suspects.set(name, true);
        else if (isRepeat) suspects.delete(name);
      }
    });
    settle(outcomes);
    for (const { names } of entries) {
      for (const name of names) {
        const mine = underWay.get(name);
        if (mine !== undefined && (mine.items -= 1) === 0) underWay.delete(name);
      }
    }
  }

  async function outcomesOf(entries: readonly Arrival<Item>[], isRepeat: boolean): Promise<readonly (Out | SetAside | Error)[]> {
    try {
      const items = entries.map(({ item }) => item);
      const outcomes = await options.store(items, isRepeat);
      if (outcomes.length === items.length) return outcomes;
      throw new Error(`a batch of ${String(items.length)} answered ${String(outcomes.length)} outcomes`);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error("a batch failed", { cause: error });
      return entries.map(() => cause);
    }
  }

  /** The first that wait on this track and whose turn it is; they wait no longer. */
  function take(track: Track): Entry<Item, Out>[] {
    const now = performance.now();
    const blocked = new Set<string>();
    const taken: Entry<Item, Out>[] = [];
    const rest: Entry<Item, Out>[] = [];
    const takenOfShare = new Map<string, number>();
    // A flood of one share leaves room for the others.
    const maxOfShare = waitingOfShare.size > 1 ? Math.ceil(options.maxItems / 4) : options.maxItems;
    let weight = 0;
    for (const entry of waiting) {
      const { item, names, notBefore } = entry;
      const share = options.shareOf(item);
      if (options.isGone(item)) {
        entry.reject(new Error("nobody waits for this item any more"));
        continue;
      }
      const itsTrack = names.some(isSuspect) ? "locked" : "behind";
      const isLight = taken.length === 0 || weight < (options.maxWeight ?? Infinity);
      const hasRoom = isLight && taken.length < options.maxItems && (takenOfShare.get(share) ?? 0) < maxOfShare;
      const isReady = itsTrack === track && hasRoom && notBefore <= now && !names.some((name) => blocked.has(name) || underWay.has(name));
      if (isReady) {
        weight += options.weigh?.(item) ?? 0;
        add(takenOfShare, share, 1);
        taken.push(entry);
        continue;
      }
      rest.push(entry);
      for (const name of names) blocked.add(name);
    }
    if (rest.length < waiting.length) setWaiting(rest);
    return taken;
  }

  async function work(track: Track): Promise<void> {
    if (running.has(track)) return;
    running.add(track);
    for (let entries = take(track); entries.length > 0; entries = take(track)) {
      const batch = entries;
      await store(batch, track === "locked", (outcomes) => {
        setWaiting([...batch.filter((entry, at) => !isSettled(entry, outcomes[at])), ...waiting].sort((a, b) => a.ord - b.ord));
      });
    }
    running.delete(track);
    look();
    if (isIdle()) for (const resolve of onIdle.splice(0)) resolve();
  }

  function isSettled(entry: Entry<Item, Out>, outcome: Out | SetAside | Error | undefined): boolean {
    if (isSetAside(outcome)) {
      entry.notBefore = notBeforeOf(outcome);
      return false;
    }
    if (outcome === undefined || outcome instanceof Error) entry.reject(outcome);
    else entry.resolve(outcome);
    return true;
  }

  /** Now for what is free, and again in a moment for what is not. */
  function pump(): void {
    if (waiting.length === 0) return;
    void work("behind");
    void work("locked");
    look();
  }

  function look(): void {
    if (timer !== undefined || waiting.length === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      pump();
    }, repeatMs);
  }

  return {
    get waiting() {
      return waiting.length;
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
    async run(items) {
      const mine: Arrival<Item>[] = [];
      const places: number[] = [];
      const results = new Array<Out | Promise<Out>>(items.length);
      const slowSince = performance.now() - slowMs;
      const mustWait = (name: string): boolean => {
        const others = underWay.get(name);
        return others !== undefined && (others.since <= slowSince || options.mayOverlap?.(name) !== true);
      };
      items.forEach((item, place) => {
        const entry = { item, names: options.namesOf(item), ord: (arrived += 1) };
        const isBehind = entry.names.some((name) => mustWait(name) || waitingNames.has(name) || isSuspect(name));
        if (isBehind) results[place] = wait(entry);
        else {
          mine.push(entry);
          places.push(place);
        }
      });
      const stored = store(mine, false, (outcomes) => {
        mine.forEach((entry, at) => {
          const outcome = outcomes[at] ?? new Error("an item has no outcome");
          const result = outcome instanceof Error ? refused<Out>(outcome) : isSetAside(outcome) ? wait(entry, outcome) : outcome;
          results[places[at] ?? at] = result;
        });
      });
      pump();
      await stored;
      pump();
      return results;
    },
  };
}

const refused = <Out>(error: Error): Promise<Out> => heardLater(Promise.reject<Out>(error));

/** Whoever submitted it gets the error, but perhaps only once the rest of its batch has ended: until then nobody listens, and that must not end the process. */
function heardLater<Out>(outcome: Promise<Out>): Promise<Out> {
  outcome.catch(() => undefined);
  return outcome;
}

function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
