// Owns: storing what is free when somebody holds locks on a part of it. After the first lock time-out nothing of the same work waits long for a lock again.
// Refuses to know: what the items are, and when those that were set aside are tried again.
import { classifyDatabaseError } from "../db/classify-error.ts";

/** Of one piece of work: once it has met a lock, it is impatient to its end. */
export interface Patience {
  isImpatient: boolean;
  /** Impatient attempts that met a lock. */
  failures: number;
}

/** A repetition is impatient from its beginning: something in it met a lock before. */
export const patienceOf = (isRepeat: boolean): Patience => ({ isImpatient: isRepeat, failures: 0 });

/** `held`: somebody holds a row of it, or of one before it, so it was not tried. `stuck`: tried alone, and held up by something that cannot be seen beforehand. */
export type SetAside = "held" | "stuck";

export const isSetAside = (outcome: unknown): outcome is SetAside => outcome === "held" || outcome === "stuck";

interface AroundLocks<Item> {
  readonly patience: Patience;
  /** Stores all of its items, or throws. */
  readonly attempt: (items: readonly Item[]) => Promise<void>;
  /** Called once, after the first time-out: the items of which somebody holds a row. */
  readonly findHeld: (items: readonly Item[]) => Promise<readonly Item[]>;
  readonly setAside: (items: readonly Item[], as: SetAside) => void;
  /** Those that have no outcome yet. What shares a thread with something that was set aside is set aside behind it. */
  readonly pendingOf: (items: readonly Item[]) => readonly Item[];
}

/** Halving finds a few locked items; where it does not help, trying one at a time stores at least some of many. */
const HALVINGS = 10;
const FAILURES = 30;

export async function aroundLocks<Item>(items: readonly Item[], around: AroundLocks<Item>): Promise<void> {
  const { patience, attempt, findHeld, setAside, pendingOf } = around;
  if (!patience.isImpatient) {
    try {
      await attempt(pendingOf(items));
      return;
    } catch (error) {
      if (classifyDatabaseError(error) !== "locked") throw error;
      patience.isImpatient = true;
    }
  }
  try {
    setAside(await findHeld(pendingOf(items)), "held");
  } catch (error) {
    if (classifyDatabaseError(error) !== "locked") throw error;
    // Not a row: the whole table.
    setAside(pendingOf(items), "held");
    return;
  }
  await inParts(items, around);
}

async function inParts<Item>(items: readonly Item[], around: AroundLocks<Item>): Promise<void> {
  const { patience, attempt, setAside, pendingOf } = around;
  const free = pendingOf(items);
  if (free.length === 0) return;
  if (patience.failures >= FAILURES) {
    setAside(free, "held");
    return;
  }
  try {
    await attempt(free);
  } catch (error) {
    if (classifyDatabaseError(error) !== "locked") throw error;
    patience.failures += 1;
    if (free.length === 1) {
      setAside(free, "stuck");
      return;
    }
    const size = patience.failures < HALVINGS ? Math.ceil(free.length / 2) : 1;
    for (let at = 0; at < free.length; at += size) await inParts(free.slice(at, at + size), around);
  }
}
