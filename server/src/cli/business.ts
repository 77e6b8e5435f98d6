// Owns: `onethread business`. Refuses to know how a business is stored.
import { InvalidArgumentError, Option, type Command } from "commander";
import { DIRECT_SEND_CHOICES, type Business } from "../businesses/businesses.ts";
import { CliFailure } from "./cli-failure.ts";
import { inBusiness, withServices } from "./in-business.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread business create --name "Aurora Books" --language portuguese
  $ onethread business list
  $ onethread business set <id> --ai off          people answer, the AI is silent
  $ onethread business set <id> --quiet-ms 4000   wait until a customer has been quiet for four seconds`;

interface Changes {
  readonly name?: string;
  readonly ai?: boolean;
  readonly quietMs?: number;
  readonly ceilingMs?: number;
  readonly language?: string;
  readonly handoffText?: string;
  readonly handoffPauseMs?: number | null;
  readonly replyConcurrency?: number | null;
  readonly groups?: boolean;
  readonly answerAfterStop?: boolean;
  readonly directSend?: Business["directSend"];
}

/** How long the AI is silent after a hand-off. */
const PAUSE = [
  "--handoff-pause-ms <n|none>",
  "how long the AI is silent once a person was fetched or took over; none: until somebody resumes it",
] as const;

export function addBusinessCommand(program: Command, terminal: Terminal): void {
  const business = program
    .command("business")
    .description("the businesses (tenants) of this installation")
    .addHelpText("afterAll", EXAMPLES);
  business
    .command("create")
    .description("create a business and print its id")
    .requiredOption("--name <name>", "what people call it")
    .option("--language <language>", "of its knowledge, as PostgreSQL's text search calls it: english, portuguese, simple, …")
    .option("--quiet-ms <n>", "how long a customer must be quiet before the reply", readWhole(0, 60_000))
    .option("--ceiling-ms <n>", "how long a reply waits at most", readWhole(0, 300_000))
    .option(...PAUSE, readOrNone(readWhole(0, 31_536_000_000)))
    .action((options: { readonly name: string } & Omit<Changes, "name">) => create(options, terminal));
  business
    .command("list")
    .description("all businesses")
    .option("--json", "for machines")
    .action((options: { readonly json?: boolean }) => list(options.json === true, terminal));
  business
    .command("show [id]")
    .description("one business")
    .option("--json", "for machines")
    .action((id: string | undefined, options: { readonly json?: boolean }) => show(id, options.json === true, terminal));
  business
    .command("set <id>")
    .description("change a business")
    .option("--name <name>", "what people call it")
    .option("--ai <on|off>", "whether the AI answers", readSwitch)
    .option("--quiet-ms <n>", "how long a customer must be quiet before the reply", readWhole(0, 60_000))
    .option("--ceiling-ms <n>", "how long a reply waits at most", readWhole(0, 300_000))
    .option("--language <language>", "of its knowledge")
    .option("--handoff-text <text>", "what is said when a person is fetched")
    .option(...PAUSE, readOrNone(readWhole(0, 31_536_000_000)))
    .option(
      "--reply-concurrency <n|none>",
      "how many replies may be written at once; none: the worker's share",
      readOrNone(readWhole(1, 10_000)),
    )
    .option("--groups <on|off>", "whether the AI answers in groups too", readSwitch)
    .option("--answer-after-stop <on|off>", "whether a customer who opted out gets an answer when they write", readSwitch)
    .addOption(
      new Option(
        "--direct-send <choice>",
        "content with a category outside the 24 hours: try, known (only where the account is known to have it), never",
      ).choices(DIRECT_SEND_CHOICES),
    )
    .action((id: string, changes: Changes) => change(id, changes, terminal));
}

async function create(options: { readonly name: string } & Omit<Changes, "name">, terminal: Terminal): Promise<void> {
  await withServices({ terminal }, async ({ services }) => {
    const made = await services.businesses.create(options);
    terminal.print(made.id);
    terminal.complain(`Created ${made.name}. Next: \`onethread channel add --business ${made.id} …\` and \`onethread api-key create\`.`);
  });
}

async function list(asJson: boolean, terminal: Terminal): Promise<void> {
  await withServices({ terminal }, async ({ services }) => {
    const all = await services.businesses.listAcrossBusinesses();
    if (asJson) terminal.print(JSON.stringify(all, null, 2));
    else if (all.length === 0) terminal.complain("There is no business yet. Make one with `onethread business create --name <name>`.");
    else terminal.print(renderTable(["id", "name", "AI", "language", "made"], all.map(rowOf)));
  });
}

function rowOf(business: Business): readonly string[] {
  return [business.id, business.name, business.aiEnabled ? "on" : "off", business.language, business.createdAt.slice(0, 10)];
}

async function show(id: string | undefined, asJson: boolean, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: id }, async ({ business: found }) => {
    if (asJson) {
      terminal.print(JSON.stringify(found, null, 2));
      return;
    }
    const shown = Object.entries(found).map(([key, value]) => [key, String(value)]);
    terminal.print(renderTable(["setting", "value"], shown));
  });
}

async function change(id: string, changes: Changes, terminal: Terminal): Promise<void> {
  if (Object.keys(changes).length === 0)
    throw new CliFailure("Nothing to change: `onethread business set --help` shows what can be set.", 2);
  await inBusiness({ terminal, business: id }, async ({ services, businessId }) => {
    const { ai, groups, answerAfterStop, ...rest } = changes;
    const changed = await services.changeBusiness(businessId, {
      ...rest,
      aiEnabled: ai,
      answersGroups: groups,
      answersAfterStop: answerAfterStop,
    });
    if (changed.outcome === "invalid") throw new CliFailure(`${changed.problem} Nothing was changed.`, 2);
    if (changed.outcome === "not_found") throw new CliFailure(`There is no business ${businessId} any more. Nothing was changed.`);
    terminal.complain(`Changed business ${businessId}. Running processes notice within seconds.`);
  });
}

function readSwitch(written: string): boolean {
  if (written === "on" || written === "off") return written === "on";
  throw new InvalidArgumentError("It must be on or off.");
}

function readOrNone(read: (written: string) => number): (written: string) => number | null {
  return (written) => (written === "none" ? null : read(written));
}
