// Owns: how a large business beside a small one is shown.
import type { Latencies } from "./latencies.ts";
import type { ScaleResult, ScaleSide } from "./measure-scale.ts";
import type { Table } from "./table.ts";

const ms = (value: number | undefined): string => (value === undefined ? "?" : value < 100 ? value.toFixed(1) : value.toFixed(0));
const spread = ({ p50, p99 }: Latencies): string => `${ms(p50)}, ${ms(p99)}`;
const times = (large: number, small: number): string => `${(large / small).toFixed(2)} ×`;
const sizeOf = ({ conversations, messages, gigabytes }: ScaleSide): string =>
  `${conversations} conversations, ${messages} messages, ${gigabytes.toFixed(1)} GB`;
/** What takes less of the loop's time is left out. */
const LEAST_SHARE = 0.02;

function readsTable({ small, large }: ScaleResult): Table {
  const rows = large.reads.flatMap((read, index) => {
    const before = small.reads[index];
    if (before === undefined) return [];
    const refused = read.refused === 0 ? "" : `${read.refused} of ${read.requests}`;
    return [
      [read.name, spread(before), spread(read), before.buffers.toFixed(0), read.buffers.toFixed(0), times(read.p50, before.p50), refused],
    ];
  });
  return {
    title: `One business: small (${sizeOf(small)}) and large (${sizeOf(large)}); a request: p50, p99 in ms, pages of the database`,
    head: ["request", "small", "large", "pages", "pages", "p50", "refused"],
    rows,
  };
}

function writesTable({ small, large }: ScaleResult): Table {
  const row = (name: string, of: (side: ScaleSide) => number): string[] => [
    name,
    of(small).toFixed(0),
    of(large).toFixed(0),
    times(of(large), of(small)),
  ];
  const total = large.loopStatements.reduce((sum, use) => sum + use.ms, 0);
  const statements = large.loopStatements.flatMap((use) => {
    const before = small.loopStatements.find(({ name }) => name === use.name);
    if (before === undefined || use.ms < total * LEAST_SHARE) return [];
    const [was, is] = [before.ms / before.rows, use.ms / use.rows];
    return [[`… ${use.name}, ms a row`, was.toFixed(3), is.toFixed(3), times(is, was)]];
  });
  return {
    title: "Writing into it: messages/s, the loop with customers who have written before, and its statements",
    head: ["what", "small", "large", "large ÷ small"],
    rows: [
      row("ingest, messages/s", ({ ingest }) => ingest.messagesPerSecond),
      row("whole loop, conversations/s", ({ conversationsPerSecond }) => conversationsPerSecond),
      row("… without a reply", ({ unanswered }) => unanswered).with(-1, ""),
      ...statements,
    ],
  };
}

function checksTable({ small, large }: ScaleResult): Table {
  const rows = large.checks
    .map((check, index) => [check.name, ms(small.checks[index]?.ms), ms(check.ms), check.state] as const)
    .toSorted((a, b) => Number(b[2]) - Number(a[2]));
  const all = (side: ScaleSide): string => ms(side.checks.reduce((sum, check) => sum + check.ms, 0));
  return { title: "The doctor's checks, ms", head: ["check", "small", "large", ""], rows: [...rows, ["all", all(small), all(large), ""]] };
}

export const scaleTables = (scale: ScaleResult | undefined): readonly Table[] =>
  scale === undefined ? [] : [readsTable(scale), writesTable(scale), checksTable(scale)];
