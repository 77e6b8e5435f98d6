// Owns: `onethread doctor`. Refuses to know what is examined, and how.
import { Option, type Command } from "commander";
import { renderReport } from "../doctor/render-report.ts";
import { runDoctor } from "../doctor/run-doctor.ts";
import { CliFailure } from "./cli-failure.ts";
import { readWhole } from "./read-numbers.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

const DEFAULT_SECONDS = 30;

const EXAMPLES = `
Examples:
  $ onethread doctor                 examine a live database for up to ${String(DEFAULT_SECONDS)} s, what happened last first; changes nothing
  $ onethread doctor --all           look at everything, however long it takes
  $ onethread doctor --json          for machines: {"ok", "complete", "tookMs", "coverage": {"conversations": {"lookedAt", "about"}, "webhooks"},
                                     "checks": [{"name", "invariant", "state", "complete", "count", "examples", "advice", "tookMs"}]}

Exits 0 when everything was looked at and every invariant holds (there may be warnings), 1 when one is broken, 3 when nothing broken was found but there
was no time to look at everything. docs/invariants.md says what each check guards.`;

interface Options {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly seconds: number;
}

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command("doctor")
    .description("examine a live database: does every invariant hold?")
    .addOption(
      new Option("--seconds <n>", "how long it may take").argParser(readWhole(1, 86_400)).default(DEFAULT_SECONDS).conflicts("all"),
    )
    .option("--all", "look at everything, however long it takes")
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json, all, seconds }: Options) => {
      const settings = readToolSettings(terminal);
      const limitMs = all === true ? undefined : seconds * 1_000;
      const report = await withDatabase(settings, (url) => runDoctor({ url, log: settings.log, limitMs }));
      terminal.print(json === true ? JSON.stringify(report, null, 2) : renderReport(report));
      // The report has said it already.
      if (report.checks.some(({ state }) => state === "broken")) throw new CliFailure("", 1);
      if (!report.complete) throw new CliFailure("", 3);
    });
}
