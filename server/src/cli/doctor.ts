// Owns: `onethread doctor`. Refuses to know what is examined, and how.
import type { Command } from "commander";
import { renderReport } from "../doctor/render-report.ts";
import { runDoctor } from "../doctor/run-doctor.ts";
import { CliFailure } from "./cli-failure.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

const EXAMPLES = `
Examples:
  $ onethread doctor                 examine a live database; changes nothing
  $ onethread doctor --json          the same for machines: {"ok", "checks": [{"name", "invariant", "state", "count", "examples", "advice"}]}

Exits 0 when every invariant holds (there may be warnings), 1 when one is broken. docs/invariants.md says what each check guards.`;

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command("doctor")
    .description("examine a live database: does every invariant hold?")
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { readonly json?: boolean }) => {
      const settings = readToolSettings(terminal);
      const report = await withDatabase(settings, (url) => runDoctor({ url, log: settings.log }));
      terminal.print(options.json === true ? JSON.stringify(report, null, 2) : renderReport(report));
      // The report has said it already.
      if (!report.ok) throw new CliFailure("", 1);
    });
}
