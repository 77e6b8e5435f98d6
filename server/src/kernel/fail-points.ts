// Owns: named places where a test may make the world break (throw, hang, die). In production every one of them is a no-op call.

export type FailPoint =
  | "ingest.before-commit"
  | "ingest.after-commit"
  | "turn.before-commit"
  | "turn.after-commit"
  | "send.before-request"
  | "send.after-request"
  | "session.track"
  | "session.summarize"
  | "memory.customer"
  | "memory.knowledge"
  | "usage.read"
  | "tool.before-request"
  | "tool.after-request"
  | "status.apply"
  | "metrics.record"
  | "knowledge.search"
  | "knowledge.index"
  | "media.before-store"
  | "media.after-store";

export interface FailPoints {
  /** Returns at once unless a test armed this point. */
  hit(point: FailPoint): Promise<void> | undefined;
}

export const noFailPoints: FailPoints = { hit: () => undefined };

/** Reads `ONETHREAD_FAIL_POINTS`-style text, `point=throw|exit[:nth]|hang:ms[,point=…]`, so that a chaos test can break a real process at an exact place; `exit:5` at the fifth time. */
export function parseFailPoints(text: string, exit: () => void): FailPoints {
  const actions = new Map(text.split(",").map((part) => part.split("=") as [FailPoint, string]));
  const hits = new Map<FailPoint, number>();
  return {
    hit(point) {
      const action = actions.get(point);
      if (action === undefined) return undefined;
      if (action === "throw") return Promise.reject(new Error(`fail point ${point}`));
      const exits = /^exit(?::(\d+))?$/.exec(action);
      hits.set(point, (hits.get(point) ?? 0) + 1);
      if (exits !== null && (hits.get(point) ?? 0) >= Number(exits[1] ?? 1)) exit();
      const hang = /^hang:(\d+)$/.exec(action);
      return hang === null ? undefined : new Promise((resolve) => setTimeout(resolve, Number(hang[1])));
    },
  };
}
