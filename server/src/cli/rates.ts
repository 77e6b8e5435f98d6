// Owns: `onethread rates`. Refuses to know what a rate is used for.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { messageOf } from "../kernel/faults.ts";
import { readRates } from "../usage/read-rates.ts";
import { CliFailure } from "./cli-failure.ts";
import { withServices } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread rates load usd.csv     currency,market,category,effective_from,amount; from Meta's rate card
  $ onethread rates list

A line of the file: USD,IN,marketing,2026-10-01,0.0118. The market is a country, several with blanks between them, or * for all others.`;

export function addRatesCommand(program: Command, terminal: Terminal): void {
  const rates = program
    .command("rates")
    .description("what messages cost, of all businesses of this installation: load and list WhatsApp's rate cards")
    .addHelpText("afterAll", EXAMPLES);
  rates
    .command("load")
    .description("replace the rates of the currencies that are in a file; with one wrong line, nothing is changed")
    .argument("<file>", "a table (CSV)")
    .action((file: string) => load(file, terminal));
  rates
    .command("list")
    .description("how many rates there are, by currency, category and the day from which they hold")
    .option("--json", "for machines")
    .action((options: { readonly json?: boolean }) => list(options.json === true, terminal));
}

async function load(file: string, terminal: Terminal): Promise<void> {
  const csv = await readFile(file, "utf8").catch((error: unknown) => {
    throw new CliFailure(`${file} cannot be read: ${messageOf(error)}. Nothing was changed.`);
  });
  const outcome = readRates(csv);
  if (outcome.outcome === "invalid") throw new CliFailure([...outcome.problems, "Nothing was changed."].join("\n"), 2);
  await withServices({ terminal }, async ({ services }) => {
    await services.rates.replace(outcome.rates);
    const currencies = [...new Set(outcome.rates.map(({ currency }) => currency))].toSorted();
    terminal.complain(`Loaded ${String(outcome.rates.length)} rates in ${currencies.join(", ")}: they replace those that were there.`);
  });
}

async function list(asJson: boolean, terminal: Terminal): Promise<void> {
  await withServices({ terminal }, async ({ services }) => {
    const all = await services.rates.list();
    if (asJson) terminal.print(JSON.stringify(all, null, 2));
    else if (all.length === 0) terminal.complain("No rates are loaded. `onethread rates load --help` shows how.");
    else
      terminal.print(
        renderTable(
          ["currency", "category", "from", "rates", "lowest", "highest"],
          all.map((one) => [one.currency, one.category, one.effectiveFrom, String(one.rates), one.lowest, one.highest]),
        ),
      );
  });
}
