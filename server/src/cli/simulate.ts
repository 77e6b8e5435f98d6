// Owns: `onethread simulate`: a live scene in the terminal, and a verdict. Refuses to know how Onethread answers.
import { randomInt } from "node:crypto";
import { styleText } from "node:util";
import type { Command } from "commander";
import { runDoctor } from "../doctor/run-doctor.ts";
import { CliFailure } from "./cli-failure.ts";
import { readDemoFacts } from "./read-demo-facts.ts";
import { readWhole } from "./read-numbers.ts";
import { readToolSettings, type Settings } from "./read-settings.ts";
import { playScene } from "./scene/play-scene.ts";
import { openSceneDatabase } from "./scene/scene-database.ts";
import { planScene } from "./scene/scene-plan.ts";
import { createSimulatorClient } from "./scene/simulator-client.ts";
import { judgeScene, renderVerdict, type Verdict } from "./scene/verdict.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread simulate                                       20 customers against the demo that runs here
  $ onethread simulate --customers 200 --messages 5 --duplicates 5 --shuffle
  $ onethread simulate --seed 7                              the same texts in the same order every time
  $ onethread simulate --simulator-url http://127.0.0.1:4010 --database-url postgres://…

It needs \`onethread start --demo\` in another terminal, or both addresses. Exits 0 when every message was stored once,
every customer was answered, nothing was sent twice and every invariant holds.`;

interface Options {
  readonly customers: number;
  readonly messages: number;
  readonly duplicates: number;
  readonly shuffle?: boolean;
  readonly seed?: number;
  readonly timeout: number;
  readonly json?: boolean;
  readonly simulatorUrl?: string;
  readonly databaseUrl?: string;
  readonly phoneNumberId?: string;
  readonly dataDir?: string;
}

export function addSimulateCommand(program: Command, terminal: Terminal): void {
  program
    .command("simulate")
    .description("play a busy scene with simulated customers, and see whether the invariants hold")
    .option("--customers <n>", "how many customers write", readWhole(1, 5_000), 20)
    .option("--messages <n>", "how many messages each of them writes", readWhole(1, 50), 3)
    .option("--duplicates <n>", "how often each webhook is delivered", readWhole(1, 50), 2)
    .option("--shuffle", "deliver in any order")
    .option("--seed <n>", "write the same texts in the same order again; the customers are always new", readWhole(0, 999_999_999))
    .option("--timeout <seconds>", "how long to wait for the last reply", readWhole(1, 3_600), 60)
    .option("--json", "print only the verdict, as JSON")
    .option("--simulator-url <url>", "the simulator to use instead of the demo's", readUrl)
    .option("--database-url <url>", "the database behind it, instead of the demo's")
    .option("--phone-number-id <id>", "the number that the customers write to")
    .option("--data-dir <path>", "where the demo keeps its data (ONETHREAD_DATA_DIR)")
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => simulate(options, terminal));
}

async function simulate(options: Options, terminal: Terminal): Promise<void> {
  const settings = readToolSettings(terminal, { ONETHREAD_DATA_DIR: options.dataDir });
  const place = await findPlace(options, settings);
  const seed = options.seed ?? randomInt(1_000_000_000);
  const { customers, messages, shuffle = false } = options;
  const plan = planScene({ customers, messages, shuffle, seed, crowd: randomInt(10_000_000) });
  const phones = [...new Set(plan.map(({ customer }) => customer.phone))];
  const tell = options.json === true ? () => undefined : createTeller(terminal);
  const database = await openSceneDatabase(place.databaseUrl);
  try {
    const before = await database.count(phones);
    const played = await playScene(plan, {
      simulator: createSimulatorClient({ url: place.simulatorUrl, phoneNumberId: place.phoneNumberId }),
      database,
      copies: options.duplicates,
      shuffle,
      limitMs: options.timeout * 1000,
      onWritten: ({ customer, text }) => {
        tell("in", customer.phone, text);
      },
      onSend: ({ to, text }) => {
        tell("out", to, text);
      },
    });
    const after = await database.count(phones);
    const doctor = await runDoctor({ url: place.databaseUrl, log: settings.log });
    conclude(judgeScene({ phones, written: plan.length, before, after, doctor, ...played }), { options, seed, terminal });
  } finally {
    await database.close();
  }
}

interface Place {
  readonly simulatorUrl: string;
  readonly databaseUrl: string;
  readonly phoneNumberId: string | undefined;
}

async function findPlace(options: Options, { config }: Settings): Promise<Place> {
  const facts = await readDemoFacts(config.dataDir);
  const simulatorUrl = options.simulatorUrl ?? facts?.simulatorUrl;
  const databaseUrl = options.databaseUrl ?? facts?.databaseUrl ?? config.databaseUrl;
  if (simulatorUrl === undefined || databaseUrl === undefined) {
    const sentence = `There is no demo in ${config.dataDir}: run \`onethread start --demo\` in another terminal, or give --simulator-url and --database-url.`;
    throw new CliFailure(sentence);
  }
  return { simulatorUrl, databaseUrl, phoneNumberId: options.phoneNumberId ?? facts?.phoneNumberId };
}

type Teller = (direction: "in" | "out", phone: string, text: string) => void;

function createTeller(terminal: Terminal): Teller {
  const startedAt = performance.now();
  return (direction, phone, text) => {
    const at = `${((performance.now() - startedAt) / 1000).toFixed(2).padStart(7)} s`;
    const line = `${at}  ${direction === "in" ? "->" : "<-"}  +${phone}  ${text.replaceAll("\n", " ")}`;
    terminal.print(terminal.isWatched ? styleText(direction === "in" ? "cyan" : "green", line, { validateStream: false }) : line);
  };
}

function conclude(
  verdict: Verdict,
  { options, seed, terminal }: { readonly options: Options; readonly seed: number; readonly terminal: Terminal },
): void {
  if (options.json === true) {
    terminal.print(JSON.stringify({ seed, ...verdict }, null, 2));
  } else {
    terminal.print(`\n${renderVerdict(verdict)}\n`);
    terminal.print(verdict.ok ? "Every customer was answered once, in one thread." : "Something went wrong.");
  }
  if (!verdict.ok) throw new CliFailure(options.json === true ? "" : `Play it again with --seed ${String(seed)}.`);
}

function readUrl(written: string): string {
  if (URL.canParse(written) && /^https?:/.test(written)) return written;
  throw new CliFailure(`--simulator-url must be an address such as http://127.0.0.1:4010, not ${JSON.stringify(written)}.`, 2);
}
