// Owns: what each table of the report says, as words. Refuses to know how a table is drawn.
import { steadinessOf } from "./believable.ts";
import { goalsOf } from "./goals.ts";
import type { Latencies } from "./latencies.ts";
import { cpuUsOf, type CpuUse, type Use } from "./meter.ts";
import type { Suite } from "./run-suite.ts";
import type { Row, Table } from "./table.ts";
import { scaleTables } from "./scale-report.ts";
import type { StatementUse } from "./statements.ts";
import { LETTERS, MEANINGS, VARIANTS } from "./variants.ts";
import type { IngestResult } from "./with-intake.ts";

const ms = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const cores = (value: number | undefined): string => (value === undefined ? "?" : value.toFixed(2));
const latencyCells = ({ p50, p95, p99, max }: Latencies): Row => [ms(p50), ms(p95), ms(p99), ms(max)];
const cpuCells = ({ server, postgres, load }: CpuUse): Row => [cores(server), cores(postgres), cores(load)];
/** Microseconds. */
const micros = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(value < 10 ? 1 : 0));
const LATENCY_HEAD = ["p50 ms", "p95 ms", "p99 ms", "max ms"];

const ingestCells = (label: string, result: IngestResult): Row => [
  label,
  String(Math.round(result.messagesPerSecond)),
  ...latencyCells(result),
  ...cpuCells(result.cpu),
];

function ingestTable({ ingest, latency, newcomers, mixed, connections }: Suite): Table {
  const few = (what: string, of: { readonly connections: number }): string => `(d) ${of.connections} connections, ${what}`;
  const rows: readonly (readonly [string, IngestResult | undefined])[] = [
    ...VARIANTS.map((variant) => [`(${LETTERS[variant]}) ${MEANINGS[variant]}`, ingest[variant]] as const),
    [`(d) at ${(latency?.share ?? 0) * 100} % of its peak`, latency],
    ...(newcomers === undefined
      ? []
      : ([
          [few("known customers only", newcomers), newcomers.known],
          [few("new customers only", newcomers), newcomers.newcomers],
          [few(`the first ${newcomers.firstSeconds} s of a database`, newcomers), newcomers.first],
        ] as const)),
    ...(mixed === undefined ? [] : [[few("full load", mixed), mixed.full] as const]),
  ];
  return {
    title: `Webhook to answer, ${connections} connections where nothing else is said, CPU in cores`,
    head: ["variant", "messages/s", ...LATENCY_HEAD, "server", "PostgreSQL", "load"],
    rows: rows.flatMap(([label, result]) => (result === undefined ? [] : [ingestCells(label, result)])),
  };
}

function mixedTable({ mixed }: Suite): Table {
  const head = ["webhook", ...LATENCY_HEAD];
  if (mixed === undefined) return { title: "", head, rows: [] };
  const { connections, bursts, alone, beside, largest, batch } = mixed;
  const rows = [
    [`one of ${connections} small ones, alone`, ...latencyCells(alone)],
    ["… beside the two large ones", ...latencyCells(beside)],
    ["the body of 3 MB", ...latencyCells(largest)],
    ["the batch of 1,000 messages", ...latencyCells(batch)],
  ];
  return { title: `Sent at once, ${bursts} times in turn`, head, rows };
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
  return {
    title: "Webhook to the last status of the reply that the platform accepted",
    head: ["what", "measured"],
    rows: [...idleRows, ...loopRows],
  };
}

function sendTable({ send }: Suite): Table {
  const title = "The outbox: messages that wait, until the platform has accepted all of them";
  if (send === undefined) return { title, head: ["what", "measured"], rows: [] };
  const { server, postgres, simulator } = send.cpu;
  const rows = [
    [`${send.messages} messages, one to each customer`, `${Math.round(send.acceptedPerSecond)} messages/s (${send.seconds.toFixed(1)} s)`],
    ["… not sent, sent twice", `${send.missing}, ${send.sentTwice}`],
    ["… CPU of server, PostgreSQL, simulator", [server, postgres, simulator].map(cores).join(", ")],
  ];
  return { title, head: ["what", "measured"], rows };
}

function campaignTable({ campaign }: Suite): Table {
  const head = ["replies, one after the other", ...LATENCY_HEAD, "÷ alone: p50", "p99"];
  if (campaign === undefined) return { title: "", head, rows: [] };
  const { alone, besideOrdinary, besideFastest, ordinaryPerSecond, fastestPerSecond, rows: all, replies } = campaign;
  const row = (what: string, of: Latencies): Row => [
    what,
    ...latencyCells(of),
    `${(of.p50 / alone.p50).toFixed(2)} ×`,
    `${(of.p99 / alone.p99).toFixed(2)} ×`,
  ];
  const rows = [
    row("alone", alone),
    row(`beside a campaign from the same number, at its ${ordinaryPerSecond} a second`, besideOrdinary),
    row(`… as fast as the machine sends: ${Math.round(fastestPerSecond)} a second`, besideFastest),
  ];
  const wrong = `not accepted: ${campaign.notAccepted}, twice: ${campaign.acceptedTwice}`;
  return { title: `${replies} replies beside a campaign of ${all} (${wrong})`, head, rows };
}

/** For one of `units`; what takes less than a hundredth of the time is left out. */
function statementsTable(title: string, uses: readonly StatementUse[] = [], units = 1): Table {
  const per = (value: number): number => value / units;
  const all = uses.reduce((sum, { ms: taken }) => sum + taken, 0);
  const rows = uses
    .filter(({ ms: taken, planningMs }) => taken + planningMs >= all / 100)
    .map((use) => [
      use.name,
      per(use.calls).toFixed(2),
      (use.rows / use.calls).toFixed(1),
      per(use.ms).toFixed(3),
      per(use.planningMs).toFixed(3),
      per(use.buffers).toFixed(0),
      per(use.walBytes).toFixed(0),
    ]);
  const sums = (["calls", "ms", "planningMs", "buffers", "walBytes"] as const).map((key) =>
    per(uses.reduce((sum, use) => sum + use[key], 0)),
  );
  const [calls = 0, taken = 0, planning = 0, buffers = 0, wal = 0] = sums;
  return {
    title,
    head: ["statement", "calls", "rows a call", "ms", "planning", "buffers", "WAL bytes"],
    rows:
      rows.length === 0
        ? []
        : [...rows, ["all", calls.toFixed(2), "", taken.toFixed(3), planning.toFixed(3), buffers.toFixed(0), wal.toFixed(0)]],
  };
}

const spread = ({ p50, p95, p99, max }: Latencies): string => `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)} ms`;
const inSeconds = (value: number): string => `${(value / 1_000).toFixed(2)} s`;

function repliesTable({ replies }: Suite): Table {
  const title = "Replies by a model: from the message to the accepted reply, without what the model took itself";
  if (replies === undefined) return { title, head: ["what", "measured"], rows: [] };
  const { server, postgres, simulator, model } = replies.cpu;
  const rows = [
    [`${replies.conversations} conversations at once, beyond the model's time`, spread(replies)],
    [
      "… replies",
      `${Math.round(replies.repliesPerSecond)} a second, ${replies.replies} in all, the model took p50 ${ms(replies.modelP50)} ms`,
    ],
    ["… without a reply", String(replies.unanswered)],
    ["… CPU of server, PostgreSQL, simulator, model", [server, postgres, simulator, model].map(cores).join(", ")],
  ];
  return { title, head: ["what", "measured"], rows };
}

function tenantsTable({ tenants }: Suite): Table {
  const title = "Two businesses, a model that takes 1 to 10 s: the small one alone, and beside the big one";
  const head = ["conversations", "mean", "p50", "max", "beyond the model's time", "without a reply", "with two"];
  if (tenants === undefined) return { title, head, rows: [] };
  const { alone, beside, big, memory, cpu } = tenants;
  const rows = (
    [
      ["alone", alone],
      ["beside", beside],
      ["the big one", big],
    ] as const
  ).map(([name, crowd]) => [
    `${name}: ${crowd.customers}, done in ${crowd.seconds.toFixed(1)} s`,
    inSeconds(crowd.waited.mean),
    inSeconds(crowd.waited.p50),
    inSeconds(crowd.waited.max),
    spread(crowd.beyondModel),
    String(crowd.unanswered),
    String(crowd.answeredTwice),
  ]);
  const megabytes = (value: number | undefined): string => (value === undefined ? "?" : value.toFixed(0));
  const note = `all in ${tenants.seconds.toFixed(1)} s, ${tenants.mostAtOnce} at the model at once; memory of the server at most ${megabytes(memory.highestMb)} MB (${megabytes(memory.beforeMb)} MB before)`;
  const used = [cpu.server, cpu.postgres, cpu.simulator, cpu.model].map(cores).join(", ");
  const ratios = ["beside ÷ alone", `${tenants.meanRatio.toFixed(2)} ×`, `${tenants.p50Ratio.toFixed(2)} ×`, "", "", "", ""];
  return { title: `${title}; ${note}; CPU of server, PostgreSQL, simulator, model: ${used}`, head, rows: [...rows, ratios] };
}

/** What one unit of each part cost. */
function costTable(suite: Suite): Table {
  const { ingest, latency, newcomers, mixed, loop, send, campaign, replies, tenants } = suite;
  const discarded = cpuUsOf(ingest.discard);
  const uses: readonly (readonly [string, Use | undefined])[] = [
    ...VARIANTS.map((variant) => [`(${LETTERS[variant]}) message`, ingest[variant]] as const),
    ["(d) message, at 70 % of its peak", latency],
    ["(d) message of a known customer, 64 connections", newcomers?.known],
    ["(d) message of a new customer, 64 connections", newcomers?.newcomers],
    ["(d) message in a database's first seconds", newcomers?.first],
    ["(d) message, 64 connections", mixed?.full],
    [`conversation of the loop, ${loop?.withStatuses === true ? "with three" : "no"} statuses`, loop],
    ["message of the outbox", send],
    [`message of a campaign to customers not known before, with ${3 * (campaign?.replies ?? 0)} replies`, campaign],
    ["reply by a model", replies],
    ["conversation of the tenants", tenants],
  ];
  const rows = uses.flatMap(([unit, use]) => {
    if (use === undefined) return [];
    const { cpuUs, walBytes, statements } = use.perUnit;
    const { server, postgres, load, simulator, model } = cpuUs;
    const times = (cpuUsOf(use) ?? Number.NaN) / (discarded ?? Number.NaN);
    const relative = Number.isNaN(times) ? "" : times.toFixed(1);
    return [
      [
        unit,
        micros(server),
        micros(postgres),
        relative,
        micros(load ?? simulator),
        micros(model),
        walBytes.toFixed(0),
        statements.toFixed(2),
      ],
    ];
  });
  const head = ["unit", "server µs", "PostgreSQL µs", "both ÷ (a)", "load or simulator µs", "model µs", "WAL bytes", "statements"];
  return { title: "What one unit costs: CPU, WAL, statements", head, rows };
}

function machineTable(suite: Suite): Table {
  const { driftOneCore, driftAllCores, others, stolen } = steadinessOf(suite);
  const times = (key: "oneCoreMs" | "allCoresMs"): string =>
    suite.calibrations.map((calibration) => calibration[key].toFixed(0)).join(", ");
  const drift = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const rows = [
    ["fixed work on one core, ms; drift", `${times("oneCoreMs")}; ${drift(driftOneCore)}`],
    ["fixed work on all cores at once, ms; drift", `${times("allCoresMs")}; ${drift(driftAllCores)}`],
    ["cores that other processes used, at most", cores(others)],
    ["cores that the machine below kept, at most", cores(stolen)],
  ];
  return {
    title: `The machine itself, after ${suite.calibrations.map(({ after }) => after).join(", ")}`,
    head: ["what", "measured"],
    rows,
  };
}

function goalTable(suite: Suite): Table {
  const rows = goalsOf(suite).map(({ name, goal, measured, verdict }) => [name, goal, measured ?? "not measured", verdict ?? ""]);
  return { title: "Goals", head: ["goal", "wanted", "measured", ""], rows };
}

/** Those that have something to say. */
export const tablesOf = (suite: Suite): readonly Table[] =>
  [
    ingestTable(suite),
    mixedTable(suite),
    loopTable(suite),
    statementsTable("Statements of one conversation of the loop", suite.loop?.statements, suite.loop?.conversations),
    sendTable(suite),
    campaignTable(suite),
    repliesTable(suite),
    statementsTable("Statements of one reply by a model", suite.replies?.statements, suite.replies?.replies),
    tenantsTable(suite),
    ...scaleTables(suite.scale),
    costTable(suite),
    machineTable(suite),
    goalTable(suite),
  ].filter(({ rows }) => rows.length > 0);
