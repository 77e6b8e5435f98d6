// Owns: `onethread ai`: whether the AI answers, in the whole installation or for one business. Refuses to know what it would answer.
import type { Command } from "commander";
import type { AiSwitchState } from "../replies/ai-switch.ts";
import { CliFailure } from "./cli-failure.ts";
import { inBusiness, withServices, type Installation } from "./in-business.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread ai status
  $ onethread ai off --reason "the model's provider is down"    silences it for every business
  $ onethread ai on                                             what was said in the meantime is not answered
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
  if (business === undefined) {
    await withServices({ terminal }, async ({ services }) => {
      await services.aiSwitch.set(isOn, reason ?? null);
      terminal.complain(`The AI is ${nameOf(isOn)} for the whole installation. Running processes notice with their next reply.`);
    });
    return;
  }
  if (reason !== undefined) throw new CliFailure("A reason is kept for the whole installation only.", 2);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    await services.changeBusiness(businessId, { aiEnabled: isOn });
    terminal.complain(`The AI is ${nameOf(isOn)} for business ${businessId}. Running processes notice with their next reply.`);
    const everywhere = await services.aiSwitch.read();
    if (isOn && !everywhere.isOn) terminal.complain("It still says nothing: it is off for the whole installation (`onethread ai on`).");
  });
}

async function status({ business }: Options, terminal: Terminal): Promise<void> {
  const show = async ({ services }: Installation, ofBusiness: readonly string[]): Promise<void> => {
    terminal.print([installationLine(await services.aiSwitch.read()), ...ofBusiness].join("\n"));
  };
  if (business === undefined) await withServices({ terminal }, (place) => show(place, []));
  else
    await inBusiness({ terminal, business }, (place) =>
      show(place, [`Business ${place.businessId}: ${nameOf(place.business.aiEnabled)}.`]),
    );
}

function installationLine({ isOn, reason, changedAt }: AiSwitchState): string {
  const since = changedAt === null ? "" : ` since ${changedAt.toISOString()}`;
  return `Installation: ${nameOf(isOn)}${since}${reason === null ? "" : ` (${reason})`}.`;
}

function nameOf(isOn: boolean): string {
  return isOn ? "on" : "off";
}
