// Owns: the command line as a whole: which commands there are, how they are understood, and with which code they end.
// Refuses to know what any of them does.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { messageOf } from "../kernel/faults.ts";
import { packageFile } from "../kernel/package-files.ts";
import { addAdoptCommand } from "./adopt.ts";
import { addAiCommand } from "./ai.ts";
import { addApiKeyCommand } from "./api-key.ts";
import { addBusinessCommand } from "./business.ts";
import { addCampaignCommand } from "./campaign.ts";
import { addChannelCommand } from "./channel.ts";
import { CliFailure } from "./cli-failure.ts";
import { addConversationsCommand } from "./conversations.ts";
import { addDoctorCommand } from "./doctor.ts";
import { explainError } from "./explain-error.ts";
import { addKnowledgeCommand } from "./knowledge.ts";
import { addMediaCommand } from "./media.ts";
import { addMessagesCommand } from "./messages.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addNoticesCommand } from "./notices.ts";
import { addRatesCommand } from "./rates.ts";
import { addRepliesCommand } from "./replies.ts";
import { addReplayCommand } from "./replay.ts";
import { addSessionsCommand } from "./sessions.ts";
import { addSimulateCommand } from "./simulate.ts";
import { addStartCommand } from "./start.ts";
import { createProcessTerminal, type Terminal } from "./terminal.ts";
import { addTemplateCommand } from "./template.ts";
import { addToolCommand } from "./tool.ts";
import { addUsageCommand } from "./usage.ts";

const EXAMPLES = `
Examples:
  $ onethread start --demo              everything on this machine, with a simulator of WhatsApp
  $ onethread simulate --customers 20   watch a busy scene against it, and see whether the invariants hold
  $ onethread doctor                    examine a live database
  $ onethread <command> --help          what a command takes, with examples`;

export function createProgram(terminal: Terminal): Command {
  const program = new Command("onethread")
    .description("A conversation engine for WhatsApp: every message once, one thread per customer, one reply per burst.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show what a command takes")
    .exitOverride()
    .showHelpAfterError("(`--help` shows what there is.)")
    .configureOutput({
      writeOut: (text) => {
        terminal.print(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.complain(text.trimEnd());
      },
      outputError: (text, write) => {
        write(text.replace(/^error: /, ""));
      },
    })
    .addHelpText("after", EXAMPLES);
  addStartCommand(program, terminal);
  addMigrateCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addSimulateCommand(program, terminal);
  addBusinessCommand(program, terminal);
  addChannelCommand(program, terminal);
  addApiKeyCommand(program, terminal);
  addConversationsCommand(program, terminal);
  addMediaCommand(program, terminal);
  addMessagesCommand(program, terminal);
  addKnowledgeCommand(program, terminal);
  addToolCommand(program, terminal);
  addNoticesCommand(program, terminal);
  addTemplateCommand(program, terminal);
  addCampaignCommand(program, terminal);
  addUsageCommand(program, terminal);
  addRatesCommand(program, terminal);
  addSessionsCommand(program, terminal);
  addRepliesCommand(program, terminal);
  addAiCommand(program, terminal);
  addReplayCommand(program, terminal);
  addAdoptCommand(program, terminal);
  return program;
}

/**
 * Runs one command to its end and answers the exit code: 0 done, 1 failed, 2 not understood, 3 not done to its end. Never throws.
 * `args` is what follows the program's name.
 */
export async function runCli(args: readonly string[], terminal: Terminal = createProcessTerminal()): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    // Commander has already said what was wrong; what it calls 1 is a misunderstanding.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const sentence = error instanceof CliFailure ? error.message : explainError(error);
    if (sentence !== "") terminal.complain(sentence);
    if (/^(?:debug|trace)$/i.test(terminal.environment["LOG_LEVEL"] ?? "")) terminal.complain(stackOf(error));
    return error instanceof CliFailure ? error.exitCode : 1;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}

function readVersion(): string {
  const text = readFileSync(packageFile("package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  const isPackage = typeof parsed === "object" && parsed !== null && "version" in parsed && typeof parsed.version === "string";
  return isPackage ? String(parsed.version) : "unknown";
}
