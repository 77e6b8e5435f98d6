// Owns: `onethread channel`. Refuses to know how a channel is stored, and never prints a token.
import { randomBytes } from "node:crypto";
import { Option, type Command } from "commander";
import { DIRECT_SEND_STATES, type Channel, type DirectSendState, type NewChannel } from "../businesses/channels.ts";
import { isUuid } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { GATEWAY_NEEDS, isGateway, PROVIDERS } from "../whatsapp/providers.ts";

const EXAMPLES = `
Examples:
  $ onethread channel add --phone-number-id 1061234567890 --name Main --token - < token.txt
  $ onethread channel add --provider waha --base-url http://127.0.0.1:3001 --instance default --name Shop --webhook-secret s3cret --token - < key.txt
  $ onethread channel list
  $ onethread channel set-token <id> --token - < token.txt    also resumes a channel that lost its token
  $ onethread channel set-account <id> --account-id 1029384756
  $ onethread channel pace <id> --per-second 20                a number that the Business app uses too
  $ onethread channel direct-send <id>                         try it again where WhatsApp refused it
  $ onethread channel stop <id> --reason "number is moving"   messages still come in; nothing is sent

A token of "-" is read from standard input, so that it stays out of the shell's history.`;

interface OfBusiness {
  readonly business?: string;
}
interface PaceOptions extends OfBusiness {
  readonly perSecond?: string;
  readonly inARow?: string;
}
interface AddOptions extends OfBusiness {
  readonly provider: string;
  readonly phoneNumberId?: string;
  readonly baseUrl?: string;
  readonly instance?: string;
  readonly webhookSecret?: string;
  readonly name: string;
  readonly accountId?: string;
  readonly phone?: string;
  readonly token?: string;
}

export function addChannelCommand(program: Command, terminal: Terminal): void {
  const channel = program.command("channel").description("the WhatsApp numbers of a business").addHelpText("afterAll", EXAMPLES);
  channel
    .command("add")
    .description("connect a number and print the channel's id; for a gateway also the address of its webhook")
    .addOption(new Option("--provider <name>", "how the number is reached").choices(PROVIDERS).default("cloud"))
    .option("--phone-number-id <id>", "cloud: what Meta calls the number")
    .option("--base-url <url>", "gateway: where it is reached")
    .option("--instance <name>", "evolution: the instance; waha: the session")
    .option(
      "--webhook-secret <secret>",
      "gateway: what proves its webhooks (evolution: apikey or jwt key, waha: hmac key, baileys: the bridge's secret)",
    )
    .requiredOption("--name <name>", "what people call it")
    .option(
      "--account-id <id>",
      "the WhatsApp Business Account it belongs to: how what WhatsApp reports about the account finds the channel",
    )
    .option("--phone <number>", "the number itself, to show it")
    .option("--token <token>", 'access token of the Cloud API, or API key of the gateway; "-" reads it from standard input')
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: AddOptions) => add(options, terminal));
  channel
    .command("list")
    .description("the channels of a business")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly json?: boolean }) => list(options, terminal));
  addChanges(channel, terminal);
}

function addChanges(channel: Command, terminal: Terminal): void {
  channel
    .command("set-token <id>")
    .description("replace the access token")
    .requiredOption("--token <token>", 'the new one; "-" reads it from standard input')
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness & { readonly token: string }) => setToken(id, options, terminal));
  channel
    .command("set-account <id>")
    .description("say to which WhatsApp Business Account a number of the Cloud API belongs: its templates and its reports come from there")
    .requiredOption("--account-id <id>", "Meta's id of the account")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness & { readonly accountId: string }) => setAccount(id, options, terminal));
  channel
    .command("pace <id>")
    .description(
      "how fast messages leave, whichever process sends them; what is not named is as WhatsApp has it: 80 a second, 10 in a row to one customer",
    )
    .option("--per-second <n>", "messages of this number in a second, 1 to 10000")
    .option("--in-a-row <n>", "messages to one customer at once, 1 to 45; from then on one every 6 s")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: PaceOptions) => setPace(id, options, terminal));
  channel
    .command("direct-send <id>")
    .description(
      "say whether the account of this number has Direct Send (content without a template outside the 24 hours); what a send tells later counts more",
    )
    .addOption(new Option("--state <state>", "unknown: it is tried again").choices(DIRECT_SEND_STATES).default("unknown"))
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness & { readonly state: DirectSendState }) => setDirectSend(id, options, terminal));
  channel
    .command("stop <id>")
    .description("send nothing on this channel until it is resumed")
    .option("--reason <text>", "why, for those who look later", "stopped by hand")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness & { readonly reason: string }) => stop(id, options, terminal));
  channel
    .command("resume <id>")
    .description("send on this channel again")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness) => resume(id, options, terminal));
}

async function add(options: AddOptions, terminal: Terminal): Promise<void> {
  const { name, accountId } = options;
  const place = options.provider === "cloud" ? cloudPlace(options) : gatewayPlace(options);
  const accessToken = await readToken(options.token, terminal);
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const added = await services.channels.create({
      businessId,
      ...place,
      name,
      accountId,
      displayPhoneNumber: options.phone,
      accessToken,
    });
    if (added.outcome === "number_taken") throw new CliFailure(added.sentence);
    terminal.print(added.channel.id);
    const next = accessToken === undefined ? ` It cannot send yet: \`onethread channel set-token ${added.channel.id} --token -\`.` : "";
    if (place.provider !== "cloud")
      terminal.complain(`Its webhook goes to /webhooks/${place.provider}/${place.externalId}; the address is a secret.`);
    if (place.provider === "cloud" && accountId === undefined) terminal.complain(NO_ACCOUNT);
    terminal.complain(`Connected. Webhooks that came before are kept: \`onethread replay --all\` brings them in.${next}`);
  });
}

const NO_ACCOUNT =
  "It has no --account-id: what WhatsApp reports about the account (bans, restrictions, limits, templates) is kept raw and not shown for this channel, and its templates are not read. `onethread channel set-account` says it.";

type Place = Pick<NewChannel, "provider" | "externalId" | "gateway" | "webhookSecret">;

function cloudPlace({ phoneNumberId = "" }: AddOptions): Place {
  if (!/^\d{5,20}$/.test(phoneNumberId)) {
    throw new CliFailure(`--phone-number-id is Meta's id of the number: 5 to 20 digits, not ${JSON.stringify(phoneNumberId)}.`, 2);
  }
  return { provider: "cloud", externalId: phoneNumberId };
}

function gatewayPlace({ provider, baseUrl = "", instance, webhookSecret }: AddOptions): Place {
  if (!isGateway(provider)) throw new CliFailure(`--provider must be one of ${PROVIDERS.join(", ")}.`, 2);
  if (!/^https?:\/\/\S+$/.test(baseUrl)) throw new CliFailure("--base-url must be the http(s) address of the gateway.", 2);
  const needs = GATEWAY_NEEDS[provider];
  if (needs.instance && instance === undefined) throw new CliFailure(`--instance is missing: which one of ${provider} is this number?`, 2);
  if (needs.webhookSecret && webhookSecret === undefined) {
    throw new CliFailure(`--webhook-secret is missing: without it nobody could tell a webhook of ${provider} from a stranger's.`, 2);
  }
  // The token is in the address of the webhook, and with Evolution it may be the only proof there is.
  return { provider, externalId: randomBytes(24).toString("base64url"), gateway: { baseUrl, instance }, webhookSecret };
}

async function list(options: OfBusiness & { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const channels = await services.channels.list(businessId);
    if (options.json === true) terminal.print(JSON.stringify(channels, null, 2));
    else if (channels.length === 0) terminal.complain("This business has no channel yet. Connect one with `onethread channel add`.");
    else
      terminal.print([renderTable(HEAD, channels.map(rowOf)), ...channels.flatMap(troublesOf), ...channels.flatMap(historyOf)].join("\n"));
  });
}

const HEAD = ["id", "provider", "number id", "account", "name", "state"];

function rowOf({ id, provider, externalId, accountId, name, stoppedAt, stoppedReason, health }: Channel): readonly string[] {
  const stopped = stoppedAt === null ? "active" : `stopped: ${stoppedReason ?? "no reason given"}`;
  return [id, provider, externalId ?? "(hidden)", accountId ?? "", name, health === "ok" ? stopped : `${stopped}; ${health}`];
}

function historyOf({ name, history }: Channel): readonly string[] {
  if (history === null) return [];
  const { progress, messages, done, imported, waiting } = history;
  const percent = messages === 0 ? 100 : Math.floor((100 * done) / messages);
  const rest =
    waiting === 0 ? "all of it is imported" : `${String(percent)} % gone through, ${String(waiting)} chunks wait for their import`;
  const share = progress === null ? "" : `${String(progress)} % of it handed over, `;
  return [`${name}: earlier chats: ${share}${String(messages)} messages, ${String(imported)} of them new here; ${rest}.`];
}

/** Below the table, where there is room: what happened, what is kept, and what to do. */
function troublesOf({ id, name, stoppedAt, signals, heldUntil, heldReason, directSend }: Channel): readonly string[] {
  const reported = signals.filter(({ health }) => health !== "ok").map(({ health, sentence }) => `${health}: ${sentence}`);
  const stopped =
    stoppedAt === null
      ? []
      : [
          `stopped since ${stoppedAt}: messages still come in, what is to be sent is kept. Fix the cause, then \`onethread channel resume ${id}\`, or set-token.`,
        ];
  const held =
    heldUntil === null
      ? []
      : [`held until ${heldUntil}: ${heldReason ?? "WhatsApp asked to wait."} What is to be sent is kept and leaves by itself then.`];
  const direct =
    directSend?.state === "closed"
      ? [
          `Direct Send is closed${directSend.until === null ? "" : ` until ${directSend.until}`}: ${directSend.reason ?? "restricted by WhatsApp."}`,
        ]
      : [];
  const troubles = [...stopped, ...held, ...direct, ...reported];
  return troubles.length === 0 ? [] : ["", `${name} (${id}):`, ...troubles.map((trouble) => `  ${trouble}`)];
}

async function setToken(id: string, options: OfBusiness & { readonly token: string }, terminal: Terminal): Promise<void> {
  const token = await readToken(options.token, terminal);
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && token !== undefined && (await services.channels.setToken(businessId, id, token));
    if (!isKnown) throw unknownChannel(id);
    terminal.complain(`Replaced the token of channel ${id}. Running processes use it within seconds.`);
  });
}

async function setAccount(id: string, options: OfBusiness & { readonly accountId: string }, terminal: Terminal): Promise<void> {
  const { accountId, business } = options;
  if (!/^\d{5,20}$/.test(accountId)) {
    throw new CliFailure(`--account-id is Meta's id of the account: 5 to 20 digits, not ${JSON.stringify(accountId)}.`, 2);
  }
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.channels.setAccount(businessId, id, accountId));
    if (!isKnown) throw new CliFailure(`This business has no channel ${id} of the Cloud API. \`onethread channel list\` shows them.`);
    terminal.complain(`Channel ${id} belongs to the account ${accountId} now. Its templates are read within seconds.`);
  });
}

async function setPace(id: string, options: PaceOptions, terminal: Terminal): Promise<void> {
  const pace = { perSecond: readCount("--per-second", options.perSecond, 10_000), inARow: readCount("--in-a-row", options.inARow, 45) };
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.channels.setPace(businessId, id, pace));
    if (!isKnown) throw unknownChannel(id);
    const channel = (await services.channels.list(businessId)).find((one) => one.id === id);
    const perSecond = channel?.sendsPerSecond ?? "any number of";
    terminal.complain(
      `Channel ${id} sends ${perSecond} messages a second, and ${channel?.sendsInARow ?? "any number"} in a row to one customer. It holds from the next message on.`,
    );
  });
}

async function setDirectSend(id: string, options: OfBusiness & { readonly state: DirectSendState }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.channels.setDirectSend(businessId, id, options.state));
    if (!isKnown)
      throw new CliFailure(`This business has no channel ${id} of the Cloud API. \`onethread channel list\` shows its channels.`);
    terminal.complain(DIRECT_SEND_SAID[options.state]);
  });
}

const DIRECT_SEND_SAID: Readonly<Record<DirectSendState, string>> = {
  unknown: "The next message by Direct Send is tried; its answer tells.",
  open: "Messages by Direct Send are sent.",
  closed: "Messages by Direct Send are refused until somebody says otherwise.",
};

function readCount(option: string, given: string | undefined, most: number): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(given) || Number(given) > most)
    throw new CliFailure(`${option} is a whole number from 1 to ${most}, not ${JSON.stringify(given)}.`, 2);
  return Number(given);
}

async function stop(id: string, options: OfBusiness & { readonly reason: string }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.channels.stop(businessId, id, options.reason));
    if (!isKnown) throw unknownChannel(id);
    terminal.complain(
      `Stopped channel ${id}. Messages still come in; what is to be sent is kept until \`onethread channel resume ${id}\`.`,
    );
  });
}

async function resume(id: string, options: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: options.business }, async ({ services, businessId }) => {
    const isKnown = isUuid(id) && (await services.channels.resume(businessId, id));
    if (!isKnown) throw unknownChannel(id);
    terminal.complain(`Resumed channel ${id}. What waited is sent now.`);
  });
}

function unknownChannel(id: string): CliFailure {
  return new CliFailure(`This business has no channel ${id}. \`onethread channel list\` shows them.`);
}

async function readToken(given: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const token = given === "-" ? await terminal.readInput() : given.trim();
  if (token === "" || /\s/.test(token)) throw new CliFailure("The access token is empty or has blanks in it. Nothing was changed.", 2);
  return token;
}
