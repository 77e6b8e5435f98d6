// Owns: how much processor time and memory a process used so far, as the kernel counts it. Linux only; elsewhere the bench goes without.
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

interface Stat {
  readonly parent: number;
  readonly ownMs: number;
  /** Of children that have ended. */
  readonly childrenMs: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold blanks.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const at = (index: number): number => fields[index] ?? 0;
    return { parent: at(1), ownMs: (at(11) + at(12)) * TICK_MS, childrenMs: (at(13) + at(14)) * TICK_MS };
  } catch {
    return undefined;
  }
}

/** Milliseconds of this process alone; undefined where the kernel does not report it. */
export function cpuMsOf(pid: number): number | undefined {
  return readStat(pid)?.ownMs;
}

/** Milliseconds of this process and all that it started, such as PostgreSQL with its connections. */
export function cpuMsOfFamily(pid: number): number | undefined {
  const own = readStat(pid);
  if (own === undefined) return undefined;
  const running = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === pid);
  return running.reduce((sum, stat) => sum + (stat?.ownMs ?? 0), own.ownMs + own.childrenMs);
}

export interface MachineTime {
  /** Of all cores together, for whatever process. */
  readonly busyMs: number;
  /** What the machine below this virtual one gave to somebody else while it was wanted here. */
  readonly stolenMs: number;
}

/** Since the machine was started; undefined where the kernel does not report it. */
export function readMachineTime(): MachineTime | undefined {
  try {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (
      readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? ""
    )
      .split(/\s+/)
      .map(Number);
    return { busyMs: (user + nice + system + irq + softirq) * TICK_MS, stolenMs: stolen * TICK_MS };
  } catch {
    return undefined;
  }
}

/** The most that this process ever had in memory at once, in bytes; undefined where the kernel does not report it. */
export function highestMemoryOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  } catch {
    return undefined;
  }
}
