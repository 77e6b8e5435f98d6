// Owns: `onethread migrate`. Refuses to know how a migration is applied.
import type { Command } from "commander";
import { checkMigrations, migrate } from "../db/migrate.ts";
import { CliFailure } from "./cli-failure.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

const EXAMPLES = `
Examples:
  $ onethread migrate                bring the database to this version, then exit; safe when several start at once
  $ onethread migrate --check        change nothing; exit 1 and say what is pending when the database is behind

The login in DATABASE_URL must be allowed to create roles, or an administrator must have created them before (docs/deploy.md).`;

export function addMigrateCommand(program: Command, terminal: Terminal): void {
  program
    .command("migrate")
    .description("bring the database to the schema of this version")
    .option("--check", "only say what is pending, and exit 1 when there is something")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { readonly check?: boolean }) => {
      const settings = readToolSettings(terminal);
      await withDatabase(settings, (url) =>
        options.check === true ? check({ url, settings, terminal }) : apply({ url, settings, terminal }),
      );
    });
}

interface MigrationTask {
  readonly url: string;
  readonly settings: ReturnType<typeof readToolSettings>;
  readonly terminal: Terminal;
}

async function check({ url, settings, terminal }: MigrationTask): Promise<void> {
  const { applied, pending } = await checkMigrations({ url, log: settings.log });
  if (pending.length === 0) {
    terminal.print(`The database is up to date (${countOf(applied)} applied).`);
    return;
  }
  for (const name of pending) terminal.print(`pending  ${name}`);
  throw new CliFailure(`The database is behind by ${countOf(pending)}. Run \`onethread migrate\`.`);
}

async function apply({ url, settings, terminal }: MigrationTask): Promise<void> {
  const done = await migrate({ url, log: settings.log });
  for (const name of done) terminal.print(`applied  ${name}`);
  terminal.print(done.length === 0 ? "The database was already up to date." : `The database is up to date: ${countOf(done)} applied.`);
}

function countOf(names: readonly string[]): string {
  return names.length === 1 ? "1 migration" : `${String(names.length)} migrations`;
}
