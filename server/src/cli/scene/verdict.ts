// Owns: judging a scene from what was written, what the simulator accepted and what the database says. Refuses to know how that was gathered.
import type { DoctorReport } from "../../doctor/run-doctor.ts";
import { renderTable } from "../render-table.ts";
import type { SceneCounts } from "./scene-database.ts";
import type { AcceptedSend } from "./simulator-client.ts";

export interface SceneRecord {
  readonly phones: readonly string[];
  readonly written: number;
  readonly deliveries: number;
  readonly undelivered: number;
  /** When the customers' messages left, by phone, in order. */
  readonly writtenAt: ReadonlyMap<string, readonly number[]>;
  readonly sends: readonly AcceptedSend[];
  /** Counts of these customers before the scene (an earlier one with the same seed) and after it. */
  readonly before: SceneCounts;
  readonly after: SceneCounts;
  readonly doctor: Pick<DoctorReport, "ok" | "checks">;
}

export interface Verdict {
  readonly ok: boolean;
  readonly customers: number;
  readonly webhooksDelivered: number;
  readonly webhooksUndelivered: number;
  readonly messagesWritten: number;
  readonly messagesStored: number;
  readonly conversations: number;
  readonly turns: number;
  readonly repliesAccepted: number;
  readonly doubles: number;
  readonly silentCustomers: number;
  readonly answerMs: { readonly p50: number | null; readonly p99: number | null };
  readonly invariantsHold: boolean;
  readonly broken: readonly string[];
}

export function judgeScene(record: SceneRecord): Verdict {
  const { phones, before, after, sends, doctor } = record;
  const messagesStored = after.inbound - before.inbound;
  const answered = new Set(sends.map((send) => send.to));
  const silentCustomers = phones.filter((phone) => !answered.has(phone)).length;
  const doubles = countDoubles(record);
  const answerTimes = sends.flatMap((send) => answerTimeOf(send, record.writtenAt)).toSorted((a, b) => a - b);
  const broken = doctor.checks.filter((check) => check.state === "broken").map((check) => check.name);
  const isComplete = messagesStored === record.written && after.conversations === phones.length && record.undelivered === 0;
  return {
    ok: isComplete && doubles === 0 && silentCustomers === 0 && doctor.ok,
    customers: phones.length,
    webhooksDelivered: record.deliveries,
    webhooksUndelivered: record.undelivered,
    messagesWritten: record.written,
    messagesStored,
    conversations: after.conversations,
    turns: after.turns - before.turns,
    repliesAccepted: sends.length,
    doubles,
    silentCustomers,
    answerMs: { p50: quantileOf(answerTimes, 0.5), p99: quantileOf(answerTimes, 0.99) },
    invariantsHold: doctor.ok,
    broken,
  };
}

/** A send is double when the same message was accepted twice, or when it answers nothing: more sends than turns of that scene. */
function countDoubles({ sends, before, after }: SceneRecord): number {
  const known = sends.filter((send) => send.messageId !== undefined);
  const repeated = known.length - new Set(known.map((send) => send.messageId)).size;
  return Math.max(repeated, sends.length - (after.outbound - before.outbound));
}

/** From the customer's last message before the answer to its acceptance. */
function answerTimeOf(send: AcceptedSend, writtenAt: SceneRecord["writtenAt"]): readonly number[] {
  const last = writtenAt.get(send.to)?.findLast((at) => at <= send.acceptedAt);
  return last === undefined ? [] : [send.acceptedAt - last];
}

function quantileOf(sorted: readonly number[], part: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? null;
}

export function renderVerdict(verdict: Verdict): string {
  const { answerMs } = verdict;
  const mark = (isRight: boolean): string => (isRight ? "" : "  <- wrong");
  const stored = `${String(verdict.messagesStored)} of ${String(verdict.messagesWritten)}`;
  const time = (ms: number | null): string => (ms === null ? "none" : `${(ms / 1000).toFixed(2)} s`);
  const rows = [
    ["customers", String(verdict.customers)],
    [
      "webhooks delivered",
      String(verdict.webhooksDelivered) +
        (verdict.webhooksUndelivered === 0 ? "" : `, ${String(verdict.webhooksUndelivered)} never answered 200  <- wrong`),
    ],
    ["messages stored", stored + mark(verdict.messagesStored === verdict.messagesWritten)],
    ["conversations", String(verdict.conversations) + mark(verdict.conversations === verdict.customers)],
    ["turns", String(verdict.turns)],
    ["replies accepted", String(verdict.repliesAccepted)],
    ["doubles", String(verdict.doubles) + mark(verdict.doubles === 0)],
    ["silent customers", String(verdict.silentCustomers) + mark(verdict.silentCustomers === 0)],
    ["answer time p50", time(answerMs.p50)],
    ["answer time p99", time(answerMs.p99)],
    ["invariants hold", verdict.invariantsHold ? "yes" : `no: ${verdict.broken.join(", ")} (see \`onethread doctor\`)`],
  ];
  return renderTable(["what", "how much"], rows);
}
