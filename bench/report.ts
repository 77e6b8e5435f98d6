// Owns: how the results are drawn: tables for people at a terminal, the same tables as Markdown for docs/benchmarks.md, or everything as JSON.
import { doubtsOf, steadinessOf } from "./believable.ts";
import { goalsOf } from "./goals.ts";
import type { Suite } from "./run-suite.ts";
import type { Row, Table } from "./table.ts";
import { tablesOf } from "./tables.ts";

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

const summaryOf = ({ date, machine, seconds, rounds, turns, turnSeconds }: Suite): string =>
  `${date}: ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, Node ${machine.node.slice(1)}, PostgreSQL 18 embedded (fsync on, ` +
  `synchronous_commit on); a to d, loop and send in ${turns.count} turns (${turnSeconds} s each of a to d), their middle one; else ${seconds} s, best of ${rounds}`;

export function renderTables(suite: Suite): string {
  return [summaryOf(suite), ...tablesOf(suite).map(asText), ...doubtsOf(suite).map(({ sentence }) => sentence)].join("\n\n");
}

/** A section for docs/benchmarks.md. */
export function renderMarkdown(suite: Suite): string {
  const [date = "", ...facts] = summaryOf(suite).split(": ");
  return [
    `### ${date}`,
    `${facts.join(": ")}.`,
    ...tablesOf(suite).map(asMarkdown),
    ...doubtsOf(suite).map(({ sentence }) => `**${sentence}**`),
  ].join("\n\n");
}

export function renderJson(suite: Suite): string {
  return JSON.stringify({ ...suite, steadiness: steadinessOf(suite), doubts: doubtsOf(suite), goals: goalsOf(suite) }, null, 2);
}
