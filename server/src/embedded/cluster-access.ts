// Owns: how a program that runs as another user is led to a cluster directory whose parents that user may not enter.
// Refuses to know: what the program does there.

import { existsSync } from "node:fs";
import { canReach, unreachable, type RunAs } from "./run-as.ts";

export type ClusterAccess = { readonly cwd: string; readonly pgdata: string };

/**
 * On Linux the working directory is entered while we are still root, and /proc/self/cwd then leads there without passing its parents:
 * below /root (mode 0700 on most machines), every other path is closed to PostgreSQL's user.
 */
export async function accessCluster(clusterDir: string, runAs: RunAs): Promise<ClusterAccess> {
  if (runAs === undefined) return { cwd: "/", pgdata: clusterDir };
  if (existsSync("/proc/self/cwd")) return { cwd: clusterDir, pgdata: "/proc/self/cwd" };
  if (!(await canReach(clusterDir, runAs))) throw await unreachable(clusterDir, runAs);
  return { cwd: "/", pgdata: clusterDir };
}
