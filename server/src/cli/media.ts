// Owns: `onethread media`: files of messages that are not there, having them fetched or written down again, and files to send. Refuses to know how.
import { Option, type Command } from "commander";
import { UNREADY_STATES, type UnreadyState } from "../media/media-files.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readId } from "./read-id.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { uploadMedia, type UploadOptions } from "./upload-media.ts";

const EXAMPLES = `
Examples:
  $ onethread media list                  photos, voice notes and files that nobody can see yet, and why
  $ onethread media list --state failed
  $ onethread media retry <message id>    fetch one again, now
  $ onethread media retry --all           all that failed: after a new access token, a new disk
  $ onethread media transcribe <message id>   have a voice note written down again, now
  $ onethread media upload menu.pdf       a file to send; prints its id`;

interface OfBusiness {
  readonly business?: string;
}

interface ListOptions extends OfBusiness {
  readonly state?: UnreadyState;
  readonly limit: number;
  readonly json?: boolean;
}

export function addMediaCommand(program: Command, terminal: Terminal): void {
  const media = program
    .command("media")
    .description(
      "the files of messages: list those that are not there, fetch them again; have a voice note written down again; upload one to send it",
    )
    .addHelpText("afterAll", EXAMPLES);
  media
    .command("list")
    .description("files that are not there, the newest first")
    .addOption(new Option("--state <state>", "only these").choices([...UNREADY_STATES]))
    .option("--limit <n>", "at most this many", readWhole(1, 1_000), 100)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: ListOptions) => list(options, terminal));
  media
    .command("retry")
    .description("fetch the file of a message again, or all that failed")
    .argument("[id]", "the message", readId)
    .option("--all", "all that failed")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string | undefined, options: OfBusiness & { readonly all?: boolean }) => retry(id, options, terminal));
  media
    .command("transcribe")
    .description("have a voice note written down again that could not be, or all of them")
    .argument("[id]", "the message", readId)
    .option("--all", "all that failed: after a new key, another model")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string | undefined, options: OfBusiness & { readonly all?: boolean }) => transcribe(id, options, terminal));
  media
    .command("upload")
    .description("take in a file, at most 100 MB; messages, campaigns and tools.mediaFiles name it by the id that is printed")
    .argument("<file>", "its path")
    .option("--type <type>", "what it is, where its first bytes and its name do not tell, such as text/plain")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((file: string, options: UploadOptions) => uploadMedia(file, options, terminal));
}

async function list({ business, state, limit, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const rows = await services.mediaFiles.list(businessId, { states: state === undefined ? UNREADY_STATES : [state], limit });
    const found = rows.map(({ id, state: at, attempts, type, created_at, error_code, error_text }) => ({
      ...{ id, state: at, attempts, type, createdAt: created_at.toISOString() },
      error: error_code === null ? null : { code: error_code, text: error_text ?? "" },
    }));
    if (json === true) terminal.print(JSON.stringify(found, null, 2));
    else if (found.length === 0) terminal.complain("Every file is there.");
    else
      terminal.print(
        renderTable(
          ["message", "at", "type", "state", "attempts", "why"],
          found.map((one) => [one.id, one.createdAt, one.type, one.state, String(one.attempts), one.error?.text ?? ""]),
        ),
      );
  });
}

async function retry(
  id: string | undefined,
  { business, all }: OfBusiness & { readonly all?: boolean },
  terminal: Terminal,
): Promise<void> {
  if ((id === undefined) === (all !== true))
    throw new CliFailure("Say which file with the id of its message, or --all for all that failed.", 2);
  await inBusiness({ terminal, business }, async ({ services: { mediaFiles }, businessId }) => {
    if (id === undefined) {
      terminal.complain(`${String(await mediaFiles.retryFailed(businessId))} files are fetched again.`);
      return;
    }
    const outcome = await mediaFiles.retry(businessId, id);
    if (outcome === "not_found") throw new CliFailure("There is no such message with a file. Nothing was changed.");
    if (outcome === "ready") throw new CliFailure("The file of this message is there already. Nothing was changed.");
    terminal.complain("It is fetched again.");
  });
}

async function transcribe(
  id: string | undefined,
  { business, all }: OfBusiness & { readonly all?: boolean },
  terminal: Terminal,
): Promise<void> {
  if ((id === undefined) === (all !== true))
    throw new CliFailure("Say which voice note with the id of its message, or --all for all that failed.", 2);
  await inBusiness({ terminal, business }, async ({ services: { retryTranscripts }, businessId }) => {
    if (id === undefined) {
      terminal.complain(`${String(await retryTranscripts.retryFailed(businessId))} voice notes are written down again.`);
      return;
    }
    const outcome = await retryTranscripts.retry(businessId, id);
    if (outcome === "not_found") throw new CliFailure("There is no such voice note that was to be written down. Nothing was changed.");
    if (outcome === "ready") throw new CliFailure("This voice note is written down already. Nothing was changed.");
    terminal.complain("It is written down again.");
  });
}
