// Owns: `onethread tool`. Refuses to know how a tool is called and how calls are recorded; prints no secret, because definitions hold none.
import { readFile } from "node:fs/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import { messageOf } from "../kernel/faults.ts";
import { isUuid } from "../kernel/ids.ts";
import type { BusinessTool, NewTool } from "../tools/business-tools.ts";
import { CALL_STATES, type CallState, type DecideOutcome } from "../tools/tool-calls.ts";
import { isObject } from "../kernel/read-json.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness, type BusinessOfCommand } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread tool add order.json                       { "name", "kind", "description", "definition" }; docs/tools.md has them all
  $ onethread tool add --name order --description "Looks up an order" --url "https://shop.example/orders/{orderId}" \\
      --header "authorization: Bearer {{secret:shop_key}}" --parameters '{"type":"object","properties":{"orderId":{"type":"string"}},"required":["orderId"]}'
  $ onethread tool add --kind mcp --name shop --description "The shop's tools" --url https://shop.example/mcp --allow find --allow book
  $ onethread tool test order --arguments '{"orderId":"A-17"}'    really calls it; nothing is recorded
  $ onethread tool calls --state waiting                what waits for a person
  $ onethread tool approve <id>`;

interface OfBusiness {
  readonly business?: string;
}
interface AddOptions extends OfBusiness {
  readonly name?: string;
  readonly kind: "http" | "mcp";
  readonly description?: string;
  readonly method?: string;
  readonly url?: string;
  readonly header: readonly string[];
  readonly parameters?: string;
  readonly allow?: readonly string[];
  readonly needsApproval?: boolean;
}
interface ListOptions extends OfBusiness {
  readonly json?: boolean;
}
interface CallsOptions extends ListOptions {
  readonly state?: CallState;
  readonly conversation?: string;
  readonly limit: number;
}
interface TestOptions extends OfBusiness {
  readonly arguments: string;
  readonly serverTool?: string;
  readonly allowPrivate: boolean;
}

export function addToolCommand(program: Command, terminal: Terminal): void {
  const tool = program.command("tool").description("what the AI may use: HTTP requests and MCP servers").addHelpText("afterAll", EXAMPLES);
  addAdd(tool, terminal);
  addManagement(tool, terminal);
  addTest(tool, terminal);
  addCalls(tool, terminal);
}

const more = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function addAdd(tool: Command, terminal: Terminal): void {
  tool
    .command("add [file]")
    .description(
      'define a tool from a JSON file ("-" is standard input) or from options, or replace the one with the same name; prints its id',
    )
    .option("--name <name>", "what the model calls it")
    .addOption(new Option("--kind <kind>", "an HTTP request, or a server that speaks MCP").choices(["http", "mcp"]).default("http"))
    .option("--description <text>", "for the model: what it is for, and when to call it")
    .option("--method <method>", "http: GET, HEAD, POST, PUT, PATCH or DELETE", "GET")
    .option("--url <url>", "with {arguments} in its path or query")
    .option("--header <header>", 'such as "authorization: Bearer {{secret:shop_key}}"; may be repeated', more, [])
    .option("--parameters <json>", "http: JSON Schema of the arguments")
    .option("--allow <tool>", "mcp: only these of the server's tools; may be repeated", more)
    .option("--needs-approval", "a person has to approve each call")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((file: string | undefined, options: AddOptions) => add(file, options, terminal));
}

function addManagement(tool: Command, terminal: Terminal): void {
  tool
    .command("list")
    .description("the tools of a business")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: ListOptions) => list(options, terminal));
  tool
    .command("show <tool>")
    .description("one tool with its definition, by its id or its name")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((which: string, options: OfBusiness) =>
      onTool({ which, terminal, ...options }, async (found) => {
        terminal.print(JSON.stringify(found, null, 2));
      }),
    );
  tool
    .command("remove <tool>")
    .description("remove a tool; its calls stay recorded")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((which: string, options: OfBusiness) =>
      onTool({ which, terminal, ...options }, async (found, { services: { businessTools: tools }, businessId }) => {
        await tools.remove(businessId, found.id);
        terminal.complain(`Removed tool ${found.name}.`);
      }),
    );
  for (const verb of ["enable", "disable"] as const) {
    tool
      .command(`${verb} <tool>`)
      .description(verb === "enable" ? "offer a tool to the model again" : "keep a tool, but do not offer it")
      .option(BUSINESS_OPTION, BUSINESS_MEANING)
      .action((which: string, options: OfBusiness) =>
        onTool({ which, terminal, ...options }, async (found, { services: { businessTools: tools }, businessId }) => {
          await tools.setEnabled(businessId, found.id, verb === "enable");
          terminal.complain(`Tool ${found.name} is ${verb}d.`);
        }),
      );
  }
}

function addTest(tool: Command, terminal: Terminal): void {
  tool
    .command("test <tool>")
    .description("really call a tool, marked as a test; nothing is recorded in a conversation")
    .option("--arguments <json>", "what the model would give", "{}")
    .option("--server-tool <name>", "mcp: which of the server's tools; absent: they are listed")
    .option("--allow-private", "the address may be inside this network, even where ONETHREAD_PRIVATE_HOSTS does not name it", false)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((which: string, options: TestOptions) => tryOut(which, options, terminal));
}

function addCalls(tool: Command, terminal: Terminal): void {
  tool
    .command("calls")
    .description("what was called, the newest first")
    .addOption(new Option("--state <state>", "only these").choices(CALL_STATES))
    .option("--conversation <id>", "only of this conversation", readId)
    .option("--limit <n>", "how many", readLimit, 50)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: CallsOptions) => calls(options, terminal));
  for (const [verb, decision] of [
    ["approve", "approved"],
    ["deny", "denied"],
  ] as const) {
    tool
      .command(`${verb} <call>`)
      .description(verb === "approve" ? "let a waiting call be made" : "refuse a waiting call")
      .option(BUSINESS_OPTION, BUSINESS_MEANING)
      .action((call: string, options: OfBusiness) => decide({ call, decision, ...options }, terminal));
  }
}

interface OneTool extends OfBusiness {
  readonly which: string;
  readonly terminal: Terminal;
  readonly reachesPrivate?: boolean;
}

async function onTool(
  { which, terminal, business, reachesPrivate }: OneTool,
  work: (tool: BusinessTool, place: BusinessOfCommand) => Promise<void>,
): Promise<void> {
  await inBusiness({ terminal, business, reachesPrivate }, async (place) => {
    const found = (await place.services.businessTools.list(place.businessId)).find(({ id, name }) => id === which || name === which);
    if (found === undefined) throw new CliFailure(`This business has no tool ${which}. \`onethread tool list\` shows them.`);
    await work(found, place);
  });
}

async function add(file: string | undefined, options: AddOptions, terminal: Terminal): Promise<void> {
  const written = file === undefined ? fromOptions(options) : await fromFile(file, terminal);
  await inBusiness({ terminal, business: options.business }, async ({ services: { businessTools: tools }, businessId }) => {
    const known = (await tools.list(businessId)).find(({ name }) => name === written.name);
    const saved = known === undefined ? await tools.add(businessId, written) : await tools.replace(businessId, known.id, written);
    if (saved.outcome === "invalid") throw new CliFailure(`The tool was not saved:\n${saved.problems.join("\n")}`, 2);
    if (saved.outcome !== "saved") throw new CliFailure("Somebody else changed the tools at the same time. Nothing was saved; try again.");
    terminal.print(saved.tool.id);
  });
}

function fromOptions(options: AddOptions): NewTool {
  const { name = "", kind, description = "", method, url = "", parameters, allow } = options;
  if (name === "" || url === "" || description === "")
    throw new CliFailure("Give a file, or --name, --description and --url. `onethread tool add --help` has examples.", 2);
  const headers = Object.fromEntries(options.header.map(readHeader));
  const definition =
    kind === "mcp"
      ? { url, headers, ...(allow === undefined ? {} : { tools: allow }) }
      : { url, headers, method, ...(parameters === undefined ? {} : { parameters: readJson(parameters, "--parameters") }) };
  return { name, kind, description, definition, needsApproval: options.needsApproval ?? false, isEnabled: true };
}

function readHeader(header: string): readonly [string, string] {
  const at = header.indexOf(":");
  if (at < 1) throw new CliFailure(`--header must look like "name: value", not ${JSON.stringify(header)}.`, 2);
  return [header.slice(0, at).trim(), header.slice(at + 1).trim()];
}

async function fromFile(file: string, terminal: Terminal): Promise<NewTool> {
  const text =
    file === "-"
      ? await terminal.readInput()
      : await readFile(file, "utf8").catch((cause: unknown) => {
          throw new CliFailure(`The file ${file} cannot be read (${messageOf(cause)}). Nothing was changed.`, 1, { cause });
        });
  const { name, kind = "http", description, definition, needsApproval = false, isEnabled = true } = readJson(text, "The file");
  const isTool = typeof name === "string" && typeof description === "string" && (kind === "http" || kind === "mcp");
  if (!isTool || typeof needsApproval !== "boolean" || typeof isEnabled !== "boolean")
    throw new CliFailure('The file must be an object with "name", "kind" (http or mcp), "description" and "definition".', 2);
  return { name, kind, description, definition, needsApproval, isEnabled };
}

function readJson(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliFailure(`${what} is not JSON (${messageOf(cause)}). Nothing was changed.`, 2, { cause });
  }
  if (!isObject(value)) throw new CliFailure(`${what} must be a JSON object. Nothing was changed.`, 2);
  return value;
}

async function list({ business, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services: { businessTools: tools }, businessId }) => {
    const all = await tools.list(businessId);
    const rows = all.map((tool) => [tool.id, tool.name, tool.kind, stateOf(tool), tool.definition.url]);
    if (json === true) terminal.print(JSON.stringify(all, null, 2));
    else if (rows.length === 0) terminal.complain("This business has no tools yet. Define one with `onethread tool add`.");
    else terminal.print(renderTable(["id", "name", "kind", "state", "url"], rows));
  });
}

function stateOf({ isEnabled, needsApproval }: BusinessTool): string {
  if (!isEnabled) return "disabled";
  return needsApproval ? "asks first" : "enabled";
}

async function tryOut(which: string, options: TestOptions, terminal: Terminal): Promise<void> {
  const args = readJson(options.arguments, "--arguments");
  await onTool({ which, terminal, ...options, reachesPrivate: options.allowPrivate }, async ({ id }, { services, businessId }) => {
    const tried = await services.tryTool({ businessId, toolId: id, args, serverTool: options.serverTool });
    if (tried.outcome === "invalid_arguments") throw new CliFailure(`It was not called:\n${tried.problems.join("\n")}`, 2);
    terminal.print(JSON.stringify(tried, null, 2));
    if (tried.outcome !== "done") throw new CliFailure("");
  });
}

async function calls({ business, state, conversation, limit, json }: CallsOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services: { toolCalls }, businessId }) => {
    const { data } = await toolCalls.list(businessId, { limit, state, conversationId: conversation });
    const rows = data.map((call) => [call.id, call.createdAt, call.tool, call.state, call.conversationId, JSON.stringify(call.arguments)]);
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (rows.length === 0) terminal.complain("There is no such call.");
    else terminal.print(renderTable(["id", "at", "tool", "state", "conversation", "arguments"], rows));
  });
}

interface DecideOptions extends OfBusiness {
  readonly call: string;
  readonly decision: "approved" | "denied";
}

async function decide({ call, decision, business }: DecideOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services: { toolCalls }, businessId }) => {
    const outcome: DecideOutcome = isUuid(call)
      ? await toolCalls.decide({ businessId, callId: call, decision, by: "cli" })
      : { outcome: "not_found" };
    switch (outcome.outcome) {
      case "decided":
        terminal.complain(`The call of ${outcome.call.tool} was ${decision}. The reply continues within seconds.`);
        return;
      case "decided_otherwise":
        throw new CliFailure(`Somebody already ${outcome.decided} this call. That decision stands.`);
      case "not_waiting":
        throw new CliFailure("This call needed no approval and was made.");
      case "over":
        throw new CliFailure("The customer has already been answered, so this call will not be made.");
      case "not_found":
        throw new CliFailure(`This business has no call ${call}. \`onethread tool calls --state waiting\` shows those that wait.`);
    }
  });
}

function readId(written: string): string {
  if (isUuid(written)) return written;
  throw new InvalidArgumentError("It must be an id, such as 0198c2f0-0000-7000-8000-000000000000.");
}

function readLimit(written: string): number {
  const limit = Number(written);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError("It must be a number from 1 to 100.");
}
