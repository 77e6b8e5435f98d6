// Owns: `onethread api-key`. Refuses to know how a key is stored; a key is printed once, when it is made.
import type { Command } from "commander";
import type { ApiKey } from "../businesses/api-keys.ts";
import { isUuid } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread api-key create --name "shop backend"     prints the key on standard output, once
  $ onethread api-key list
  $ onethread api-key revoke <id>`;

interface OfBusiness {
  readonly business?: string;
}

export function addApiKeyCommand(program: Command, terminal: Terminal): void {
  const apiKey = program
    .command("api-key")
    .description("the keys with which programs use the API of a business")
    .addHelpText("afterAll", EXAMPLES);
  apiKey
    .command("create")
    .description("make a key and print it; it cannot be shown again")
    .requiredOption("--name <name>", "who will use it")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly name: string }) => create(options, terminal));
  apiKey
    .command("list")
    .description("the keys of a business, without their secret part")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly json?: boolean }) => list(options, terminal));
  apiKey
    .command("revoke <id>")
    .description("revoke a key; it stops working within seconds")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness) => revoke(id, options, terminal));
}

async function create({ business, name }: OfBusiness & { readonly name: string }, terminal: Terminal): Promise<void> {
  if (name.trim() === "") throw new CliFailure("--name must say who will use the key.", 2);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const made = await services.apiKeys.create(businessId, name.trim());
    terminal.print(made.key);
    terminal.complain(`This is the only time the key is shown. Its id, to revoke it: ${made.id}`);
  });
}

async function list(options: OfBusiness & { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const keys = await services.apiKeys.list(businessId);
    if (options.json === true) terminal.print(JSON.stringify(keys, null, 2));
    else if (keys.length === 0)
      terminal.complain("This business has no API key yet. Make one with `onethread api-key create --name <name>`.");
    else terminal.print(renderTable(["id", "begins with", "name", "made", "state"], keys.map(rowOf)));
  });
}

function rowOf({ id, prefix, name, createdAt, revokedAt }: ApiKey): readonly string[] {
  const state = revokedAt === null ? "active" : `revoked ${revokedAt.toISOString().slice(0, 10)}`;
  return [id, prefix, name, createdAt.toISOString().slice(0, 10), state];
}

async function revoke(id: string, { business }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.apiKeys.revoke(businessId, id));
    if (!isKnown) throw new CliFailure(`This business has no active API key ${id}. \`onethread api-key list\` shows them.`);
    terminal.complain(`Revoked API key ${id}. Every process refuses it within seconds.`);
  });
}
