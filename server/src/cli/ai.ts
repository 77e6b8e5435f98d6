// Owns: `onethread ai`: whether the AI answers, in the whole installation or for one business. Refuses to know what it would answer.
import type { Command } from "commander";
import { createChangeBusiness } from "../businesses/change-business.ts";
import type { Database } from "../db/database.ts";
import { createAiSwitch } from "../replies/ai-switch.ts";
import { CliFailure } from "./cli-failure.ts";
import { pickBusiness } from "./pick-business.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withApplicationDatabase } from "./with-database.ts";

const EXAMPLES = `
Examples:
  $ onethread ai status
  $ onethread ai off --reason "the model's provider is down"    silences it for every business
  $ onethread ai on                                             what was said meanwhile is not answered
  $ onethread ai off --business <id>                            for one business only`;

interface Options {
  readonly business?: string;
  readonly reason?: string;
}

export function addAiCommand(program: Command, terminal: Terminal): void {
  const ai = program.command("ai").description("whether the AI answers").addHelpText("afterAll", EXAMPLES);
  const business = ["--business <id>", "for this business only; without it, for the whole installation"] as const;
  ai.command("on")
    .description("let the AI answer")
    .option(...business)
    .action((options: Options) => turn(true, options, terminal));
  ai.command("off")
    .description("silence the AI; people still answer")
    .option(...business)
    .option("--reason <text>", "why, for whoever looks at the status; of the whole installation only")
    .action((options: Options) => turn(false, options, terminal));
  ai.command("status")
    .description("whether the AI answers, and why not")
    .option(...business)
    .action((options: Options) => status(options, terminal));
}

async function turn(isOn: boolean, { business, reason }: Options, terminal: Terminal): Promise<void> {
  if (business !== undefined && reason !== undefined) throw new CliFailure("A reason is kept for the whole installation only.", 2);
  await withApplicationDatabase(readToolSettings(terminal), async (database) => {
    if (business === undefined) {
      await createAiSwitch({ database }).set(isOn, reason ?? null);
      terminal.complain(`The AI is ${nameOf(isOn)} for the whole installation. Running processes notice with their next reply.`);
      return;
    }
    const { id } = await pickBusiness(database, business);
    await createChangeBusiness({ database })(id, { aiEnabled: isOn });
    terminal.complain(`The AI is ${nameOf(isOn)} for business ${id}. Running processes notice with their next reply.`);
    const everywhere = await createAiSwitch({ database }).read();
    if (isOn && !everywhere.isOn) terminal.complain("It still says nothing: it is off for the whole installation (`onethread ai on`).");
  });
}

async function status({ business }: Options, terminal: Terminal): Promise<void> {
  await withApplicationDatabase(readToolSettings(terminal), async (database) => {
    const lines = [await installationLine(database)];
    if (business !== undefined) {
      const { id, aiEnabled } = await pickBusiness(database, business);
      lines.push(`Business ${id}: ${nameOf(aiEnabled)}.`);
    }
    terminal.print(lines.join("\n"));
  });
}

async function installationLine(database: Database): Promise<string> {
  const { isOn, reason, changedAt } = await createAiSwitch({ database }).read();
  const since = changedAt === null ? "" : ` since ${changedAt.toISOString()}`;
  return `Installation: ${nameOf(isOn)}${since}${reason === null ? "" : ` (${reason})`}.`;
}

function nameOf(isOn: boolean): string {
  return isOn ? "on" : "off";
}
