// Owns: storing what is free when somebody holds a part of it. After the first lock time-out nothing of the same work waits long for a lock again.
// Refuses to know: what the items are, and when those that were set aside come again.
import { classifyDatabaseError } from "../db/classify-error.ts";

/** Of one piece of work: once it has met a lock, it is impatient to its end. */
export interface Patience {
  isImpatient: boolean;
  /** Impatient attempts that met a lock. */
  failures: number;
}

/** As repetition begins: whatever is repeated was locked before. */
export const patienceOf = (isRepeat: boolean): Patience => ({ isImpatient: isRepeat, failures: 0 });

/** `held`: somebody holds it, or it was not tried for that. `stuck`: tried alone, and something held it up that cannot be seen beforehand. */
export type SetAside = "held" | "stuck";

export const isSetAside = (outcome: unknown): outcome is SetAside => outcome === "held" || outcome === "stuck";

interface AroundLocks<Item> {
  readonly patience: Patience;
  /** Stores all of its items, or throws. */
  readonly attempt: (items: readonly Item[]) => Promise<void>;
  /** Asked once after the first time-out: those of whose rows somebody holds one. */
  readonly findHeld: (items: readonly Item[]) => Promise<readonly Item[]>;
  readonly setAside: (items: readonly Item[], as: SetAside) => void;
  /** Those that have no outcome yet. What shares a thread with something that was set aside is set aside behind it. */
  readonly pendingOf: (items: readonly Item[]) => readonly Item[];
}

/** Halving finds a few; where it does not help, one by one tries at least some of many. */
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
