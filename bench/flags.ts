// Owns: what the bench can be told on its command line.
import { parseArgs } from "node:util";

export const PARTS = [
  "a",
  "b",
  "c",
  "d",
  "latency",
  "new",
  "mixed",
  "idle",
  "loop",
  "send",
  "campaign",
  "replies",
  "tenants",
  "scale",
] as const;
export type Part = (typeof PARTS)[number];

export interface Flags {
  readonly parts: ReadonlySet<Part>;
  readonly seconds: number;
  readonly rounds: number;
  /** Of a to d, loop, send and campaign. */
  readonly turns: number;
  readonly turnSeconds: number;
  readonly connections: number;
  readonly customers: number;
  /** Of the send part, and of the campaign. Undefined: as many as each has otherwise. */
  readonly messages: number | undefined;
  readonly conversations: number;
  readonly modelMs: number;
  readonly form: "table" | "json" | "markdown";
  /** Where the servers, and the simulator, leave CPU profiles. */
  readonly profileDir: string | undefined;
  /** Of the loop, and of the replies. */
  readonly countsStatements: boolean;
  /** Of the loop, too: three after each reply. */
  readonly withStatuses: boolean;
  /** Of the large database. */
  readonly scaleConversations: number;
  readonly scaleDir: string | undefined;
  readonly allowsBusyMachine: boolean;
}

export const HELP = `npm run bench -- [options]: measures Onethread on this machine (docs/benchmarks.md says how, and how to read it)

  --only <parts>       of ${PARTS.join(", ")}, separated by commas (default: all)
                       a  verify and discard           b  select, then insert      c  one upsert statement per message
                       d  Onethread                    latency  at 70 % of d's peak (brings d along)
                       new   customers who never wrote before, and a database's first seconds, against known ones; 64 connections
                       mixed  64 small webhooks: at full load, and at once beside a 3 MB body and a batch of 1,000
                       idle  one message at a time     loop  webhook to the last status of the accepted reply, many at once
                       send  what waits in the outbox, until the platform has accepted all of it
                       campaign  replies of a number, in turn alone and while a campaign is sent from it
                       replies  by a model: what is beyond the model's own time
                       tenants  1,000 conversations with a slow model, 900 of them of one business
                       scale  a large business against a small one; only when it is named: it takes a quarter of an hour and 15 GB of disk
  --turns <n>          of a to d, loop and send, one after the other again and again, so that a machine that drifts is as slow for
                       one as for the other; the ratios are medians of those of each turn (default 7). The campaign takes turns of its own
  --turn-seconds <n>   that each of a to d is measured in a turn (default 2)
  --seconds <n>        of measurement of latency, new, mixed, replies and scale (default 8)
  --rounds <n>         of latency, new and replies; the best of each counts (default 2)
  --connections <n>    of the load generator, and of the loop (default 256)
  --customers <n>      of the loop, in a turn (default 1500)
  --messages <n>       that wait to be sent, one to each customer, in a turn (default 5000); of the campaign (default 20000)
  --conversations <n>  of the replies, all at the same time (default 200)
  --model-ms <n>       that the model of the replies takes (default 3000)
  --json               everything that was measured, as JSON
  --markdown           a section for docs/benchmarks.md
  --profile <dir>      leave CPU profiles there: of the servers of d, new, mixed, loop, send, replies and tenants, and of the simulator
  --statements         of the loop and of the replies: how often each statement ran for one of them, and what it cost; slower, so without goals
  --no-statuses        the loop without the three statuses after each reply; without its goals
  --scale-conversations <n>  of the large business, ten messages each (default 1000000)
  --scale-dir <dir>    keep its database there, and use it again when it is there
  --busy-machine       end with 0 though the machine was too busy, or too unsteady, for the figures to be believed
  --help               this text
`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const options = {
  only: text,
  seconds: text,
  rounds: text,
  turns: text,
  "turn-seconds": text,
  connections: text,
  customers: text,
  messages: text,
  conversations: text,
  "model-ms": text,
  profile: text,
  json: flag,
  markdown: flag,
  statements: flag,
  "no-statuses": flag,
  "scale-conversations": text,
  "scale-dir": text,
  "busy-machine": flag,
  help: { ...flag, short: "h" },
} as const;

function wholeNumber(name: string, given: string | undefined, byDefault: number): number {
  if (given === undefined) return byDefault;
  if (!/^[1-9]\d{0,6}$/.test(given)) throw new Error(`--${name} must be a whole number from 1, not "${given}".`);
  return Number(given);
}

function readParts(given: string | undefined): ReadonlySet<Part> {
  if (given === undefined) return new Set(PARTS.filter((part) => part !== "scale"));
  const parts = given.split(",").map((name) => {
    const part = PARTS.find((known) => known === name.trim());
    if (part === undefined) throw new Error(`--only takes ${PARTS.join(", ")}, separated by commas, not "${name}".`);
    return part;
  });
  return new Set(parts.includes("latency") ? [...parts, "d"] : parts);
}

/** Throws with a sentence when something is not understood. */
export function readFlags(args: readonly string[]): Flags | "help" {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help === true) return "help";
  return {
    parts: readParts(values.only),
    seconds: wholeNumber("seconds", values.seconds, 8),
    rounds: wholeNumber("rounds", values.rounds, 2),
    turns: wholeNumber("turns", values.turns, 7),
    turnSeconds: wholeNumber("turn-seconds", values["turn-seconds"], 2),
    connections: wholeNumber("connections", values.connections, 256),
    customers: wholeNumber("customers", values.customers, 1_500),
    messages: values.messages === undefined ? undefined : wholeNumber("messages", values.messages, 1),
    conversations: wholeNumber("conversations", values.conversations, 200),
    modelMs: wholeNumber("model-ms", values["model-ms"], 3_000),
    form: values.json === true ? "json" : values.markdown === true ? "markdown" : "table",
    profileDir: values.profile,
    countsStatements: values.statements === true,
    withStatuses: values["no-statuses"] !== true,
    scaleConversations: wholeNumber("scale-conversations", values["scale-conversations"], 1_000_000),
    scaleDir: values["scale-dir"],
    allowsBusyMachine: values["busy-machine"] === true,
  };
}
