// Owns: a few places that all businesses share: each business has a share of them, whoever waits is served in turn by business, and nobody waits
// without limit. Refuses to know: what is done in a place.

export interface FairPlacesOptions {
  readonly places: number;
  /** Of the places, for one business; the others' stay free for them. */
  readonly perBusiness: number;
  /** Who may wait, for each business and for all together. */
  readonly maxWaitingPerBusiness: number;
  readonly maxWaiting: number;
}

export interface FairPlaces {
  /** Undefined: too many wait already. Otherwise resolves with the place: call it to leave. */
  take(owner: string): Promise<() => void> | undefined;
}

interface Owner {
  taken: number;
  readonly waiting: (() => void)[];
}

export function createFairPlaces({ places, perBusiness, maxWaitingPerBusiness, maxWaiting }: FairPlacesOptions): FairPlaces {
  // In the order in which they are served: whoever got a place goes to the end.
  const owners = new Map<string, Owner>();
  let free = places;
  let waitingCount = 0;

  function leave(name: string, owner: Owner): void {
    free += 1;
    owner.taken -= 1;
    serve();
    if (owner.taken === 0 && owner.waiting.length === 0 && owners.get(name) === owner) owners.delete(name);
  }

  function serve(): void {
    for (const [name, owner] of [...owners]) {
      if (free === 0) return;
      if (owner.taken >= perBusiness) continue;
      const next = owner.waiting.shift();
      if (next === undefined) continue;
      waitingCount -= 1;
      free -= 1;
      owner.taken += 1;
      owners.delete(name);
      owners.set(name, owner);
      next();
    }
  }

  return {
    take(name) {
      const owner = owners.get(name) ?? { taken: 0, waiting: [] };
      const mustWait = free === 0 || owner.taken >= perBusiness;
      if (mustWait && (owner.waiting.length >= maxWaitingPerBusiness || waitingCount >= maxWaiting)) return undefined;
      owners.set(name, owner);
      const place = new Promise<() => void>((resolve) => {
        owner.waiting.push(() => {
          let left = false;
          resolve(() => {
            if (!left) leave(name, owner);
            left = true;
          });
        });
      });
      waitingCount += 1;
      serve();
      return place;
    },
  };
}
