// Owns: `onethread messages`: what waits, what may have been sent, and what people decide about it. Refuses to know how.
import { Option, type Command } from "commander";
import type { MessageView } from "../conversations/message-view.ts";
import { OPEN_STATUSES, type OpenStatus, type SettleOutcome } from "../outbound/settle-messages.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readId } from "./read-id.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread messages list --status unknown    of which nobody knows whether they were sent
  $ onethread messages settle <id> --as accepted
  $ onethread messages cancel <id>              while it still waits
  $ onethread messages retry <id>               a failed one, as a new message`;

interface OfBusiness {
  readonly business?: string;
}

export function addMessagesCommand(program: Command, terminal: Terminal): void {
  const messages = program
    .command("messages")
    .description("messages that have not simply gone out: list, cancel, settle, send again")
    .addHelpText("afterAll", EXAMPLES);
  messages
    .command("list")
    .description("those that are scheduled, wait, are being sent, or may have been sent; the oldest first, at most 100")
    .addOption(new Option("--status <status>", "which of them").choices([...OPEN_STATUSES]).default("unknown"))
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly status: OpenStatus; readonly json?: boolean }) => list(options, terminal));
  messages
    .command("cancel")
    .description("a scheduled or queued message is not sent")
    .argument("<id>", "the message", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business }: OfBusiness) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        report(await services.settleMessages.cancel(businessId, id), "only a scheduled or queued one can be cancelled", terminal);
      }),
    );
  messages
    .command("settle")
    .description("say what became of an unknown message; a status of WhatsApp that comes later counts more")
    .argument("<id>", "the message", readId)
    .addOption(new Option("--as <outcome>", "what a person found out").choices(["accepted", "failed"]).makeOptionMandatory())
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business, as }: OfBusiness & { readonly as: "accepted" | "failed" }) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        report(await services.settleMessages.settle(businessId, id, as), "its outcome is known", terminal);
      }),
    );
  messages
    .command("retry")
    .description("send the content of a failed or cancelled message as a new one; asked twice, it is one")
    .argument("<id>", "the message", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business }: OfBusiness) => retry(id, business, terminal));
}

async function list(
  { business, status, json }: OfBusiness & { readonly status: OpenStatus; readonly json?: boolean },
  terminal: Terminal,
): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const found = await services.settleMessages.listOpen(businessId, status);
    if (json === true) terminal.print(JSON.stringify(found, null, 2));
    else if (found.length === 0) terminal.complain(`No message is ${status}.`);
    else terminal.print(renderTable(["id", "at", "conversation", "type", "text"], found.map(rowOf)));
  });
}

const rowOf = ({ id, sentAt, conversationId, type, text }: MessageView): readonly string[] => [
  id,
  sentAt,
  conversationId,
  type,
  (text ?? "").slice(0, 60),
];

function report(outcome: SettleOutcome, otherwise: string, terminal: Terminal): void {
  if (outcome.outcome === "done") terminal.complain(`Message ${outcome.message.id} is ${outcome.message.status} now.`);
  else if (outcome.outcome === "not_found") throw new CliFailure("There is no such message that was to be sent. Nothing was changed.");
  else throw new CliFailure(`The message is ${outcome.status}: ${otherwise}. Nothing was changed.`);
}

async function retry(id: string, business: string | undefined, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const outcome = await services.settleMessages.retry(businessId, id);
    if (outcome.outcome === "accepted") {
      terminal.print(outcome.message.id);
      terminal.complain(outcome.isReplay ? "It was sent again before, as this message." : "It waits to be sent, as this message.");
    } else if (outcome.outcome === "other_status")
      throw new CliFailure(`The message is ${outcome.status}: only a failed or cancelled one can be sent again. Nothing was sent.`);
    else throw new CliFailure(`It cannot be sent again: ${outcome.outcome.replaceAll("_", " ")}. Nothing was sent.`);
  });
}
