// Owns: what a measurement used, and one unit of it (a message, a conversation, a reply): processor time of each process, WAL, statements.
import type { Child } from "./child.ts";
import { cpuMsOf, cpuMsOfFamily, readMachineTime } from "./cpu-time.ts";
import { readSentStatements } from "./sent-statements.ts";
import type { World } from "./world.ts";

export interface Processes {
  readonly world: World;
  readonly server: Child;
  /** What puts the load on it, of whatever part. */
  readonly load?: Child;
  readonly simulator?: Child;
  readonly model?: Child;
}

/** Absent where the kernel does not report it, and where there is no such process. */
export interface CpuUse {
  readonly server?: number;
  readonly postgres?: number;
  readonly load?: number;
  readonly simulator?: number;
  readonly model?: number;
}

export interface Use {
  /** In cores: 1 is one core fully used. */
  readonly cpu: CpuUse;
  readonly perUnit: {
    /** Microseconds. */
    readonly cpuUs: CpuUse;
    readonly walBytes: number;
    /** That the server sent to PostgreSQL. */
    readonly statements: number;
  };
  /** In cores, what was none of ours: other processes, and what the machine below took. */
  readonly foreign?: { readonly others: number; readonly stolen: number };
}

/** What server and PostgreSQL need for one unit. */
export function cpuUsOf(use: Use | undefined): number | undefined {
  const { server, postgres } = use?.perUnit.cpuUs ?? {};
  return server === undefined || postgres === undefined ? undefined : server + postgres;
}

export interface Meter {
  /** Since the meter was started; `seconds` of it were work. */
  read(work: { readonly units: number; readonly seconds: number }): Promise<Use>;
}

function readCpu({ world, server, load, simulator, model }: Processes): CpuUse {
  const of = (child: Child | undefined): number | undefined => (child === undefined ? undefined : cpuMsOf(child.pid));
  const used = {
    server: of(server),
    postgres: cpuMsOfFamily(world.postgresPid),
    load: of(load),
    simulator: of(simulator),
    model: of(model),
  };
  return Object.fromEntries(Object.entries(used).filter(([, ms]) => ms !== undefined));
}

interface MachineUse {
  readonly at: number;
  readonly oursMs: number;
  readonly busyMs: number;
  readonly stolenMs: number;
}

function readMachine(ours: CpuUse): MachineUse | undefined {
  const [machine, bench] = [readMachineTime(), cpuMsOf(process.pid)];
  if (machine === undefined || bench === undefined) return undefined;
  const { server = 0, postgres = 0, load = 0, simulator = 0, model = 0 } = ours;
  return { at: performance.now(), oursMs: bench + server + postgres + load + simulator + model, ...machine };
}

function foreignBetween(before: MachineUse | undefined, after: MachineUse | undefined): Pick<Use, "foreign"> {
  if (before === undefined || after === undefined) return {};
  const tookMs = after.at - before.at;
  const othersMs = after.busyMs - before.busyMs - (after.oursMs - before.oursMs);
  return { foreign: { others: Math.max(0, othersMs) / tookMs, stolen: (after.stolenMs - before.stolenMs) / tookMs } };
}

/** Start it, and read it, while nothing is under way: what it asks the server and PostgreSQL is then no part of what it measures. */
export async function startMeter(processes: Processes): Promise<Meter> {
  const { world, server } = processes;
  const walBefore = await world.readWalBytes();
  const sentBefore = await readSentStatements(server);
  const cpuBefore = readCpu(processes);
  const machineBefore = readMachine(cpuBefore);
  return {
    async read({ units, seconds }) {
      const cpuAfter = readCpu(processes);
      const foreign = foreignBetween(machineBefore, readMachine(cpuAfter));
      const statements = (await readSentStatements(server)) - sentBefore;
      const walBytes = (await world.readWalBytes()) - walBefore;
      const each = (divisor: number): CpuUse =>
        Object.fromEntries(
          (Object.keys(cpuAfter) as (keyof CpuUse)[]).map((name) => [name, ((cpuAfter[name] ?? 0) - (cpuBefore[name] ?? 0)) / divisor]),
        );
      return {
        cpu: each(seconds * 1_000),
        perUnit: { cpuUs: each(units / 1_000), walBytes: walBytes / units, statements: statements / units },
        ...foreign,
      };
    },
  };
}
