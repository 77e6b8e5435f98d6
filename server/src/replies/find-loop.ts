// Owns: noticing that the other side is a machine, or a person who is not helped by one more answer: the same text again and again, or more turns in a
// few minutes than anybody reads. From the thread itself, so every process sees the same and it ends by itself. Pure.
import type { RecentMessage } from "./read-thread.ts";
import type { ReplySettings } from "./reply-settings.ts";

export interface LoopSite {
  readonly answeredTo: number;
  /** The database's time. */
  readonly at: Date;
  readonly brake: ReplySettings["loopBrake"];
}

const plain = (text: string | null): string =>
  (text ?? "")
    .slice(0, 2_000)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** How many bursts with this text were replied to; the same text twice in one burst is one. */
function countAnswered(rows: readonly RecentMessage[], text: string, answeredTo: number): number {
  let count = 0;
  let isSaid = false;
  for (const row of rows.toSorted((a, b) => a.seq - b.seq)) {
    if (row.direction === "in" && row.seq <= answeredTo && plain(row.text) === text) isSaid = true;
    if (row.direction !== "out" || row.turn_id === null || !isSaid) continue;
    count += 1;
    isSaid = false;
  }
  return count;
}

export function isLoop(rows: readonly RecentMessage[], { answeredTo, at, brake }: LoopSite): boolean {
  if (brake === null) return false;
  const recent = rows.filter((row) => at.getTime() - row.sent_at.getTime() <= brake.withinMs);
  const turns = new Set(recent.flatMap((row) => (row.direction === "out" && row.turn_id !== null ? [row.turn_id] : [])));
  if (turns.size >= brake.turns) return true;
  const inbound = recent.filter((row) => row.direction === "in" && !row.is_history && plain(row.text) !== "");
  const said = new Set(inbound.filter((row) => row.seq > answeredTo).map((row) => plain(row.text)));
  // One message that is new in the burst is a reason to answer it.
  return said.size > 0 && [...said].every((text) => countAnswered(recent, text, answeredTo) >= brake.repeats);
}
