// Owns: `onethread sessions`: looking at sessions and their summaries, ending one by hand, rebuilding them from the messages. Refuses to know how that
// is done. RebuildOptions only looks unless it is told to do it.
import { type Command } from "commander";
import type { SessionView } from "../sessions/read-sessions.ts";
import type { RebuiltThread } from "../sessions/rebuild-sessions.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { readId } from "./read-id.ts";

const EXAMPLES = `
Examples:
  $ onethread sessions list <conversation>
  $ onethread sessions close <conversation>           what the customer writes next opens a new session
  $ onethread sessions rebuild                        where the sessions differ from the messages; nothing is changed
  $ onethread sessions rebuild --execute              make them the same; it may run beside the workers

A session that keeps its messages keeps its summary; the others get a new one.`;

interface OfBusiness {
  readonly business?: string;
}
interface ListOptions extends OfBusiness {
  readonly limit: number;
  readonly json?: boolean;
}
interface RebuildOptions extends OfBusiness {
  readonly conversation?: string;
  readonly execute?: boolean;
}

export function addSessionsCommand(program: Command, terminal: Terminal): void {
  const sessions = program
    .command("sessions")
    .description("sessions of conversations: look, close by hand, rebuild")
    .addHelpText("afterAll", EXAMPLES);
  sessions
    .command("list")
    .description("the newest sessions of a conversation, with their summaries")
    .argument("<conversation>", "the conversation", readId)
    .option("--limit <n>", "at most this many", readWhole(1, 100), 20)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ListOptions) => list(id, options, terminal));
  sessions
    .command("close")
    .description("end the open session of a conversation")
    .argument("<conversation>", "the conversation", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness) => close(id, options, terminal));
  sessions
    .command("rebuild")
    .description("compute the sessions from the messages again")
    .option("--conversation <id>", "only this one", readId)
    .option("--execute", "write it, instead of only looking")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: RebuildOptions) => rebuild(options, terminal));
}

async function list(id: string, { business, limit, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const page = await services.listSessions(businessId, id, { limit });
    if (page === undefined) throw unknownConversation(id);
    if (json === true) terminal.print(JSON.stringify(page.data, null, 2));
    else if (page.data.length === 0) terminal.complain("This conversation has no session yet.");
    else terminal.print(renderTable(["opened", "closed", "messages", "summary"], page.data.map(rowOf)));
  });
}

function rowOf({ openedAt, closed, fromSeq, toSeq, summary, summaryState }: SessionView): readonly string[] {
  const range = `${String(fromSeq)}–${toSeq === null ? "" : String(toSeq)}`;
  const ended = closed === null ? "open" : `${closed.at} ${closed.reason}`;
  return [openedAt, ended, range, summary?.text ?? (closed === null ? "" : summaryState)];
}

async function close(id: string, { business }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const result = await services.closeSession(businessId, id);
    if (result.outcome === "not_found") throw unknownConversation(id);
    if (result.outcome === "none_open") terminal.print("No session is open in this conversation. Nothing was changed.");
    else
      terminal.print(
        `Closed the session of the messages ${String(result.fromSeq)} to ${String(result.toSeq)}. Its summary is written by the worker.`,
      );
  });
}

async function rebuild({ business, conversation, execute = false }: RebuildOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const request = { businessId, execute, ...(conversation === undefined ? {} : { conversationId: conversation }) };
    let examined = 0;
    let differing = 0;
    for await (const thread of services.rebuildSessions(request)) {
      examined += 1;
      if (!thread.isChanged) continue;
      differing += 1;
      terminal.print(lineOf(thread));
    }
    if (conversation !== undefined && examined === 0) throw unknownConversation(conversation);
    terminal.print(endOf(examined, differing, execute));
  });
}

function lineOf({ conversationId, counts, summaries }: RebuiltThread): string {
  const { kept, added, changed, removed } = counts;
  return `${conversationId}  ${String(kept)} kept, ${String(added)} added, ${String(changed)} changed, ${String(removed)} removed; ${String(summaries)} summaries wanted`;
}

function endOf(examined: number, differing: number, execute: boolean): string {
  const seen = `Examined ${String(examined)} conversations`;
  if (differing === 0) return `${seen}: their sessions are what their messages say. Nothing was changed.`;
  if (execute) return `${seen}, rebuilt the sessions of ${String(differing)}. Wanted summaries are written by the worker.`;
  return `${seen}: the sessions of ${String(differing)} differ. Nothing was changed. Add --execute to do it.`;
}

function unknownConversation(id: string): CliFailure {
  return new CliFailure(`This business has no conversation ${id}. \`onethread conversations list\` shows them.`);
}
