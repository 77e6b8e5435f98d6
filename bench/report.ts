// Owns: how the results are shown: tables for people at a terminal, and the same tables as Markdown for docs/benchmarks.md.
import type { CpuUse } from "./measure-ingest.ts";
import { goalsOf } from "./goals.ts";
import type { Latencies } from "./latencies.ts";
import type { Suite } from "./run-suite.ts";
import { LETTERS, MEANINGS, VARIANTS } from "./variants.ts";

type Row = readonly string[];
interface Table {
  readonly title: string;
  readonly head: Row;
  readonly rows: readonly Row[];
}

const ms = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const cores = (value: number | undefined): string => (value === undefined ? "?" : value.toFixed(2));
const latencyCells = ({ p50, p95, p99, max }: Latencies): Row => [ms(p50), ms(p95), ms(p99), ms(max)];
const cpuCells = ({ server, postgres, load }: CpuUse): Row => [cores(server), cores(postgres), cores(load)];
const LATENCY_HEAD = ["p50 ms", "p95 ms", "p99 ms", "max ms"];

function ingestTable({ ingest, latency, connections }: Suite): Table {
  const rows = VARIANTS.flatMap((variant) => {
    const result = ingest[variant];
    if (result === undefined) return [];
    const label = `(${LETTERS[variant]}) ${MEANINGS[variant]}`;
    return [[label, String(Math.round(result.messagesPerSecond)), ...latencyCells(result), ...cpuCells(result.cpu)]];
  });
  const paced =
    latency === undefined
      ? []
      : [
          [
            `(d) at ${latency.share * 100} % of its peak`,
            String(Math.round(latency.messagesPerSecond)),
            ...latencyCells(latency),
            ...cpuCells(latency.cpu),
          ],
        ];
  return {
    title: `Webhook to answer, ${connections} connections, CPU in cores`,
    head: ["variant", "messages/s", ...LATENCY_HEAD, "server", "PostgreSQL", "load"],
    rows: [...rows, ...paced],
  };
}

function loopTable({ idle, loop }: Suite): Table {
  const idleRows = idle.map((result) => [
    `one message at a time, beyond a debounce of ${result.debounceMs} ms`,
    `p50 ${ms(result.p50)} ms, p95 ${ms(result.p95)} ms, p99 ${ms(result.p99)} ms`,
  ]);
  const { server, postgres, simulator } = loop?.cpu ?? {};
  const loopRows =
    loop === undefined
      ? []
      : [
          [
            `${loop.conversations} customers write at once`,
            `${Math.round(loop.conversationsPerSecond)} conversations/s (${loop.seconds.toFixed(1)} s)`,
          ],
          ["… all webhooks answered after", `${loop.deliverySeconds.toFixed(1)} s`],
          ["… without a reply, with two", `${loop.unanswered}, ${loop.answeredTwice}`],
          ["… CPU of server, PostgreSQL, simulator", [server, postgres, simulator].map(cores).join(", ")],
        ];
  return { title: "Webhook to the reply that the platform accepted", head: ["what", "measured"], rows: [...idleRows, ...loopRows] };
}

function goalTable(suite: Suite): Table {
  const rows = goalsOf(suite).map(({ name, goal, measured, met }) => [
    name,
    goal,
    measured ?? "not measured",
    met === undefined ? "" : met ? "met" : "MISSED",
  ]);
  return { title: "Goals", head: ["goal", "wanted", "measured", ""], rows };
}

function asText({ title, head, rows }: Table): string {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? "").length)));
  const line = (row: Row): string =>
    `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")}`.trimEnd();
  return [title, line(head), ...rows.map(line)].join("\n");
}

function asMarkdown({ head, rows }: Table): string {
  const line = (row: Row): string => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const summaryOf = ({ date, machine, seconds, rounds }: Suite): string =>
  `${date}: ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, Node ${machine.node.slice(1)}, PostgreSQL 18 embedded (fsync on, ` +
  `synchronous_commit on); ${seconds} s per variant, best of ${rounds}`;

const filled = (suite: Suite): readonly Table[] =>
  [ingestTable(suite), loopTable(suite), goalTable(suite)].filter(({ rows }) => rows.length > 0);

export function renderTables(suite: Suite): string {
  return [summaryOf(suite), ...filled(suite).map(asText)].join("\n\n");
}

/** A section for docs/benchmarks.md. */
export function renderMarkdown(suite: Suite): string {
  const [date = "", ...facts] = summaryOf(suite).split(": ");
  return [`### ${date}`, `${facts.join(": ")}.`, ...filled(suite).map(asMarkdown)].join("\n\n");
}

export function renderJson(suite: Suite): string {
  return JSON.stringify({ ...suite, goals: goalsOf(suite) }, null, 2);
}
