// Owns: `onethread conversations pass`, `release` and `take`: whose a thread is, where several apps answer on one number. Refuses to know: how it is asked for.
import type { Command } from "commander";
import type { ThreadWish } from "../conversations/control-thread.ts";
import { MAX_THREAD_NOTE } from "../whatsapp/graph-thread-control.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readId } from "./read-id.ts";
import type { Terminal } from "./terminal.ts";

interface ControlOptions {
  readonly business?: string;
  readonly to?: string;
  readonly note?: string;
}

const NOTE = ["--note <text>", "for the other app; the customer does not see it"] as const;
const DONE: Readonly<Record<ThreadWish["action"], string>> = {
  pass: "Another app has the thread now; the AI is silent in it.",
  release: "Nobody has the thread now; the customer's next message decides. The AI is silent until it comes to us.",
  take: "The thread is ours now.",
};

export function addControlCommands(conversations: Command, terminal: Terminal): void {
  conversations
    .command("pass")
    .description("give the thread to another app on the same number (conversation routing)")
    .argument("<id>", "the conversation", readId)
    .option("--to <role>", "who is to have it, such as ai_agent or customer_service; not given: the app that people are handed over to")
    .option(...NOTE)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ControlOptions) =>
      control(id, { action: "pass", role: options.to, note: options.note }, { ...options, terminal }),
    );
  conversations
    .command("release")
    .description("give the thread up: the customer's next message decides who has it")
    .argument("<id>", "the conversation", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ControlOptions) => control(id, { action: "release" }, { ...options, terminal }));
  conversations
    .command("take")
    .description("take the thread from another app; WhatsApp lets only the app do so that people are handed over to")
    .argument("<id>", "the conversation", readId)
    .option(...NOTE)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: ControlOptions) => control(id, { action: "take", note: options.note }, { ...options, terminal }));
}

async function control(
  id: string,
  wish: ThreadWish,
  { terminal, business }: { readonly terminal: Terminal; readonly business?: string },
): Promise<void> {
  if ((wish.note?.length ?? 0) > MAX_THREAD_NOTE)
    throw new CliFailure(`WhatsApp takes a note of ${String(MAX_THREAD_NOTE)} characters at most. Nothing was changed.`, 2);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const end = await services.controlThread(businessId, id, wish);
    switch (end.outcome) {
      case "done":
        terminal.complain(DONE[wish.action]);
        return;
      case "unknown":
        throw new CliFailure(end.sentence);
      case "not_found":
        throw new CliFailure(`This business has no conversation ${id}. \`onethread conversations list\` shows them.`);
      case "refused":
        throw new CliFailure(end.sentence);
    }
  });
}
