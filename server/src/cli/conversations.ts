// Owns: `onethread conversations`: looking at threads, merging two and splitting a merge by hand. Refuses to know how that is done. Merging and
// splitting only look unless they are told to do it.
import { Option, type Command } from "commander";
import type { ConversationView } from "../conversations/conversation-view.ts";
import type { MergeByHandOutcome } from "../identity/merge-by-hand.ts";
import type { MovedParts, SplitOutcome } from "../identity/split-conversations.ts";
import { isUuid } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";
import { addControlCommands } from "./control-thread.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { readId } from "./read-id.ts";

const EXAMPLES = `
Examples:
  $ onethread conversations list --search "+55 31 98765-4321"
  $ onethread conversations merge <id> <id>             what would move; nothing is changed
  $ onethread conversations merge <id> <id> --execute   the longer thread stays, the other one becomes part of it
  $ onethread conversations consent <id> --opt-out      they asked not to be written to
  $ onethread conversations split <id> --execute        undo the newest merge of this conversation
  $ onethread conversations pass <id> --to customer_service   another app on the same number answers from now on

What came after a merge stays in the joint thread when it is split. A payload that proves again that both are one person merges them again.`;

interface OfBusiness {
  readonly business?: string;
}
interface ConsentOptions extends OfBusiness {
  readonly optOut?: boolean;
  readonly optIn?: boolean;
}
interface ChangeOptions extends OfBusiness {
  readonly execute?: boolean;
}
interface ListOptions extends OfBusiness {
  readonly search?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addConversationsCommand(program: Command, terminal: Terminal): void {
  const conversations = program
    .command("conversations")
    .description("threads: look, merge and split by hand; whose they are")
    .addHelpText("afterAll", EXAMPLES);
  conversations
    .command("list")
    .description("the most recent conversations")
    .option("--search <text>", "the beginning of a name, or a whole number in any spelling")
    .option("--limit <n>", "at most this many", readWhole(1, 100), 20)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: ListOptions) => list(options, terminal));
  conversations
    .command("show <id>")
    .description("one conversation as JSON; the id of a merged one shows its winner")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness) => show(id, options, terminal));
  conversations
    .command("consent <id>")
    .description("whether a customer may be written to; sets or lifts what they said")
    .addOption(new Option("--opt-out", "they asked not to be written to: nothing is sent").conflicts("optIn"))
    .option("--opt-in", "they may be written to again; what WhatsApp reports about marketing stays")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ConsentOptions) => consentOf(id, options, terminal));
  addControlCommands(conversations, terminal);
  conversations
    .command("merge")
    .description("make one thread of two that belong to the same person")
    .argument("<id>", "one conversation", readId)
    .argument("<other>", "the other one", readId)
    .option("--execute", "do it, instead of only looking")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, other: string, options: ChangeOptions) => merge([id, other], options, terminal));
  conversations
    .command("split")
    .description("undo a merge: what came from the merged conversation goes back to it")
    .argument("<id>", "the conversation that was merged away; or the winner, for its newest merge", readId)
    .option("--execute", "do it, instead of only looking")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ChangeOptions) => split(id, options, terminal));
}

async function list({ business, search, limit, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const { data } = await services.conversations.list(businessId, { limit, q: search });
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (data.length === 0) terminal.complain("There is no such conversation.");
    else terminal.print(renderTable(["id", "name", "lead", "last message"], data.map(rowOf)));
  });
}

function rowOf({ id, displayName, leadId, lastMessageAt }: ConversationView): readonly string[] {
  return [id, displayName ?? "", leadId ?? "", lastMessageAt];
}

async function show(id: string, { business }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const found = isUuid(id) ? await services.conversations.find(businessId, id) : undefined;
    if (found === undefined) throw unknownConversation(id);
    terminal.print(JSON.stringify(found, null, 2));
  });
}

async function merge(
  conversationIds: readonly [string, string],
  { business, execute = false }: ChangeOptions,
  terminal: Terminal,
): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const result = await services.mergeByHand({ businessId, conversationIds, execute });
    terminal.print(mergeSentences(result));
  });
}

async function consentOf(id: string, { business, optOut, optIn }: ConsentOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    if (!isUuid(id)) throw unknownConversation(id);
    const { consent } = services;
    const isChange = optOut === true || optIn === true;
    const view = await (isChange
      ? consent.set(businessId, id, { optedOut: optOut === true, source: "cli" })
      : consent.find(businessId, id));
    if (view === undefined) throw unknownConversation(id);
    terminal.print(JSON.stringify(view, null, 2));
  });
}

function mergeSentences(result: MergeByHandOutcome): string {
  switch (result.outcome) {
    case "planned":
    case "merged": {
      const { winnerId, loserId, moves, leadIds, outcome } = result;
      const [first, second] = leadIds;
      const leads =
        second === undefined || first === second ? [] : [`The lead ${String(first)} stays; ${second} leads to the same thread.`];
      return [
        outcomeSentence(outcome === "merged", `from ${loserId} to ${winnerId}`, moves),
        ...leads,
        ...hintOf(outcome === "merged"),
      ].join("\n");
    }
    case "not_found":
      throw unknownConversation(result.conversationId);
    case "is_merged":
      throw new CliFailure(`${result.conversationId} was merged into ${result.mergedInto} already. Name that one.`);
    case "same_conversation":
      throw new CliFailure("Name two different conversations.", 2);
    case "is_group":
      throw new CliFailure(`${result.conversationId} is a group: it is a thread of its own, whoever writes in it.`);
  }
}

async function split(conversationId: string, { business, execute = false }: ChangeOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const result = await services.splitConversations({ businessId, conversationId, execute });
    terminal.print(splitSentences(conversationId, result));
  });
}

function splitSentences(id: string, result: SplitOutcome): string {
  switch (result.outcome) {
    case "planned":
    case "split": {
      const isDone = result.outcome === "split";
      return [outcomeSentence(isDone, `from ${result.winnerId} back to ${result.loserId}`, result.moves), ...hintOf(isDone)].join("\n");
    }
    case "not_merged":
      throw new CliFailure(`No merge of ${id} is in force: there is nothing to split.`);
    case "not_newest":
      throw new CliFailure(
        `Something was merged into its thread later. Split that first: \`onethread conversations split ${result.newerId}\`.`,
      );
  }
}

function outcomeSentence(isDone: boolean, way: string, { messages, turns, sessions, aliases }: MovedParts): string {
  const parts = `${String(messages)} messages, ${String(turns)} turns, ${String(sessions)} sessions and ${String(aliases)} identifiers`;
  return isDone ? `Moved ${parts} ${way}.` : `Would move ${parts} ${way}.`;
}

const hintOf = (isDone: boolean): readonly string[] => (isDone ? [] : ["Nothing was changed. Add --execute to do it."]);

function unknownConversation(id: string): CliFailure {
  return new CliFailure(`This business has no conversation ${id}. \`onethread conversations list\` shows them.`);
}
