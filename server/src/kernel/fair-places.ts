// Owns: a few places that all businesses share: each business has a share of them, whoever waits is served in turn by business, and nobody waits
// without limit. Refuses to know: what is done in a place.

export interface FairPlacesOptions {
  readonly places: number;
  /** Of the places, for one business; the others' stay free for them. */
  readonly perBusiness: number;
  /** Who may wait, for each business and for all together. Absent: as many as come. */
  readonly maxWaitingPerBusiness?: number;
  readonly maxWaiting?: number;
  /** How long somebody waits; absent: as long as it takes. */
  readonly waitMs?: number;
}

/** Call it to leave the place. */
export type Leave = () => void;

export interface FairPlaces {
  /** The place, at once when one is free; else a promise of it, which is undefined when it took too long. Undefined: too many wait already. */
  take(owner: string): Leave | Promise<Leave | undefined> | undefined;
}

interface Owner {
  taken: number;
  readonly waiting: ((leave: Leave) => void)[];
}

export function createFairPlaces(options: FairPlacesOptions): FairPlaces {
  const { places, perBusiness, maxWaitingPerBusiness = Infinity, maxWaiting = Infinity, waitMs } = options;
  // In the order in which they are served: whoever got a place goes to the end.
  const owners = new Map<string, Owner>();
  let free = places;
  let waitingCount = 0;

  function leave(name: string, owner: Owner): void {
    free += 1;
    owner.taken -= 1;
    if (waitingCount > 0) serve();
    forgetIdle(name, owner);
  }

  function forgetIdle(name: string, owner: Owner): void {
    if (owner.taken === 0 && owner.waiting.length === 0 && owners.get(name) === owner) owners.delete(name);
  }

  function occupy(name: string, owner: Owner): Leave {
    free -= 1;
    owner.taken += 1;
    owners.delete(name);
    owners.set(name, owner);
    let left = false;
    return () => {
      if (!left) leave(name, owner);
      left = true;
    };
  }

  function serve(): void {
    for (const [name, owner] of [...owners]) {
      if (free === 0) return;
      if (owner.taken >= perBusiness) continue;
      const next = owner.waiting.shift();
      if (next === undefined) continue;
      waitingCount -= 1;
      next(occupy(name, owner));
    }
  }

  function wait(name: string, owner: Owner): Promise<Leave | undefined> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        owner.waiting.splice(owner.waiting.indexOf(next), 1);
        waitingCount -= 1;
        forgetIdle(name, owner);
        resolve(undefined);
      };
      const timer = waitMs === undefined ? undefined : setTimeout(giveUp, waitMs);
      const next = (leaveIt: Leave): void => {
        clearTimeout(timer);
        resolve(leaveIt);
      };
      owner.waiting.push(next);
      waitingCount += 1;
    });
  }

  return {
    take(name) {
      const owner = owners.get(name) ?? { taken: 0, waiting: [] };
      if (free > 0 && owner.taken < perBusiness && owner.waiting.length === 0) return occupy(name, owner);
      if (owner.waiting.length >= maxWaitingPerBusiness || waitingCount >= maxWaiting) return undefined;
      owners.set(name, owner);
      return wait(name, owner);
    },
  };
}
