// Owns: telling whether a process id still belongs to the process it was once written down for.
// Refuses to know: what that process is for.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";

/** `startToken` differs between two processes that were given the same id one after the other. */
export type FoundProcess = {
  readonly startToken: string;
  readonly command: string;
  /** Its working directory, where that can be known. */
  readonly cwd?: string;
};

/** A process that still runs; one that has ended and only waits to be reaped counts as gone. */
export function findProcess(pid: number): FoundProcess | undefined {
  if (existsSync("/proc/self/stat")) return fromProc(pid);
  return process.platform === "win32" ? fromSignal(pid) : fromPs(pid);
}

function fromProc(pid: number): FoundProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    // The second field is the name in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === undefined || startTicks === undefined || state === "Z" || state === "X") return undefined;
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const command = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8")
      .replaceAll("\0", " ")
      .trim();
    return { startToken: `${bootId}/${startTicks}`, command, ...cwdOf(pid) };
  } catch {
    return undefined;
  }
}

function cwdOf(pid: number): { readonly cwd?: string } {
  try {
    return { cwd: readlinkSync(`/proc/${String(pid)}/cwd`) };
  } catch {
    return {};
  }
}

function fromPs(pid: number): FoundProcess | undefined {
  try {
    const args = ["-o", "state=,lstart=,command=", "-p", String(pid)];
    const line = execFileSync("/bin/ps", args, {
      encoding: "utf8",
      env: { LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const found = /^(\S+)\s+(\S+\s+\S+\s+\d+\s+\S+\s+\d+)\s+(.*)$/s.exec(line);
    const [state, startToken, command] = [found?.[1], found?.[2], found?.[3]];
    if (state === undefined || startToken === undefined || command === undefined || state.startsWith("Z")) return undefined;
    return { startToken, command };
  } catch {
    return undefined;
  }
}

function fromSignal(pid: number): FoundProcess | undefined {
  try {
    process.kill(pid, 0);
    return { startToken: "unknown", command: "" };
  } catch {
    return undefined;
  }
}
