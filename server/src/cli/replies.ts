// Owns: `onethread replies`: how a business is answered for, and the secrets that go with it. Refuses to know how they are stored.
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { findNearest } from "../config/find-nearest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { describeReplySettings, type DescribedSetting } from "../settings/describe-reply-settings.ts";
import { isObject } from "../kernel/read-json.ts";
import { SECRET_NAME } from "../settings/reply-settings.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread replies show
  $ onethread replies set responder=model model.provider=anthropic model.model=claude-haiku-4-5
  $ onethread replies set responder=webhook webhook.url=https://agent.example/turns webhook.answerWithinMs=60000
  $ onethread replies set 'handoffKeywords=["human","agent"]'    lists and groups are written as JSON
  $ onethread replies reset webhook                              back to the default
  $ onethread replies secret set model_api_key < key.txt         the value is read from standard input
  $ onethread replies secret set webhook_secret --generate       makes a signing secret and shows it once
  $ onethread replies secret list`;

interface OfBusiness {
  readonly business?: string;
}

export function addRepliesCommand(program: Command, terminal: Terminal): void {
  const replies = program
    .command("replies")
    .description("how a business's customers are answered (all settings: docs/reply-settings.md)")
    .addHelpText("afterAll", EXAMPLES);
  replies
    .command("show [path]")
    .description("all settings, or one and what is in it")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((path: string | undefined, options: OfBusiness & { readonly json?: boolean }) => show(path, options, terminal));
  replies
    .command("set <path=value...>")
    .description("change settings, all of them or none")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((changes: readonly string[], options: OfBusiness) => change(readChanges(changes), options, terminal));
  replies
    .command("reset <path>")
    .description("set a setting back to its default")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((path: string, options: OfBusiness) => change(patchOf(getSetting(path).path, null), options, terminal));
  addSecretCommands(replies, terminal);
}

function addSecretCommands(replies: Command, terminal: Terminal): void {
  const secret = replies.command("secret").description("keys of models, signing secrets of webhooks, headers of tools; never shown again");
  secret
    .command("set <name>")
    .description("store a secret, read from standard input, or replace it")
    .option("--generate", "make a signing secret (whsec_…) instead, and print it once")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((name: string, options: OfBusiness & { readonly generate?: boolean }) => setSecret(name, options, terminal));
  secret
    .command("list")
    .description("the names of the secrets")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly json?: boolean }) => listSecrets(options, terminal));
  secret
    .command("remove <name>")
    .description("remove a secret")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((name: string, options: OfBusiness) => removeSecret(name, options, terminal));
}

async function show(path: string | undefined, options: OfBusiness & { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  const wanted = path === undefined ? undefined : getSetting(path).path;
  await inBusiness({ terminal, business: options.business }, async ({ services: { replySettings: store }, businessId }) => {
    const document: unknown = JSON.parse(JSON.stringify(await store.read(businessId)));
    const shown = wanted === undefined ? document : valueAt(document, wanted);
    if (options.json === true) terminal.print(JSON.stringify(shown ?? null, null, 2));
    else terminal.print(renderTable(["setting", "value"], leavesOf(shown ?? null, wanted ?? "")));
  });
}

function valueAt(document: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), document);
}

function leavesOf(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (!isObject(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, path === "" ? key : `${path}.${key}`));
}

async function change(patch: JsonObject, options: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services: { replySettings: store }, businessId }) => {
    const changed = await store.change(businessId, patch);
    if (changed.outcome === "invalid") throw new CliFailure(`${changed.problems.join("\n")}\nNothing was changed.`, 2);
    terminal.complain("Changed. Running processes notice within seconds.");
  });
}

function readChanges(written: readonly string[]): JsonObject {
  return written.map(readChange).reduce<JsonObject>(mergeDeep, {});
}

function readChange(written: string): JsonObject {
  const at = written.indexOf("=");
  if (at < 1) throw new CliFailure(`${written}: write it as path=value, such as maxMessages=2. Nothing was changed.`, 2);
  const setting = getSetting(written.slice(0, at));
  return patchOf(setting.path, valueOf(setting, written.slice(at + 1)));
}

/** Text is taken as it is written; everything else, and null, is JSON. */
function valueOf({ isText, path, expected }: DescribedSetting, written: string): Json {
  if (written === "null") return null;
  if (isText) return written;
  try {
    return JSON.parse(written) as Json;
  } catch {
    throw new CliFailure(`${path} must be: ${expected}; ${JSON.stringify(written)} is not. Nothing was changed.`, 2);
  }
}

function patchOf(path: string, value: Json): JsonObject {
  const [key = "", ...rest] = path.split(".");
  return { [key]: rest.length === 0 ? value : patchOf(rest.join("."), value) };
}

function mergeDeep(left: JsonObject, right: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}

function getSetting(path: string): DescribedSetting {
  const all = describeReplySettings();
  const found = all.find((setting) => setting.path === path);
  if (found !== undefined) return found;
  const nearest = findNearest(
    path,
    all.map((setting) => setting.path),
  );
  const hint = nearest === undefined ? "`onethread replies show` lists them all." : `Did you mean ${nearest}?`;
  throw new CliFailure(`${path} is not a reply setting. ${hint}`, 2);
}

async function setSecret(name: string, options: OfBusiness & { readonly generate?: boolean }, terminal: Terminal): Promise<void> {
  if (!SECRET_NAME.test(name))
    throw new CliFailure(`${name} cannot name a secret: small letters, digits and _ only, beginning with a letter.`, 2);
  const made = options.generate === true ? `whsec_${randomBytes(32).toString("base64")}` : undefined;
  const value = made ?? (await terminal.readInput());
  if (value === "") throw new CliFailure("There was no value on standard input. Nothing was changed.", 2);
  await inBusiness({ terminal, business: options.business }, async ({ services: { replySettings: store }, businessId }) => {
    await store.saveSecret(businessId, name, value);
    if (made !== undefined) terminal.print(made);
    terminal.complain(`Stored the secret ${name}. ${made === undefined ? "It" : "Give it to your agent now: it"} is not shown again.`);
  });
}

async function listSecrets(options: OfBusiness & { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services: { replySettings: store }, businessId }) => {
    const secrets = await store.listSecrets(businessId);
    if (options.json === true) terminal.print(JSON.stringify(secrets, null, 2));
    else if (secrets.length === 0)
      terminal.complain("This business has no secrets yet. Store one with `onethread replies secret set <name>`.");
    else
      terminal.print(
        renderTable(
          ["name", "changed"],
          secrets.map(({ name, updatedAt }) => [name, updatedAt]),
        ),
      );
  });
}

async function removeSecret(name: string, options: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services: { replySettings: store }, businessId }) => {
    if (!(await store.removeSecret(businessId, name)))
      throw new CliFailure(`This business has no secret ${name}. \`onethread replies secret list\` shows them.`);
    terminal.complain(`Removed the secret ${name}. What needs it fails until there is another.`);
  });
}
