// Owns: from the options of `onethread knowledge add` to where a text comes from. Refuses to know: what becomes of it.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf } from "../kernel/faults.ts";
import type { KnowledgeSource } from "../knowledge/knowledge-base.ts";
import { findMediaType, type MediaType } from "../knowledge/media-types.ts";
import { CliFailure } from "./cli-failure.ts";
import type { Terminal } from "./terminal.ts";

export interface SourceOptions {
  readonly title?: string;
  readonly body?: string;
  readonly file?: string;
  readonly url?: string;
  readonly question?: readonly string[];
  readonly answer?: string;
}

const CHOICE = "Give the text with one of --body, --file, --url, or with --question and --answer.";

/** Throws a CliFailure with a sentence when the options do not fit together. */
export async function readKnowledgeSource(options: SourceOptions, language: string, terminal: Terminal): Promise<KnowledgeSource> {
  const { title, body, file, url, question, answer } = options;
  const given = [body, file, url, question ?? answer].filter((option) => option !== undefined);
  if (given.length !== 1) throw new CliFailure(`${CHOICE} Nothing was changed.`, 2);
  if (body !== undefined) return { kind: "text", title: titleOf(title), body, language };
  if (url !== undefined) return { kind: "url", title, url, language };
  if (file === "-") return { kind: "text", title: titleOf(title), body: await terminal.readInput(), language };
  if (file !== undefined) return { ...(await readOf(file)), title, language };
  if (question === undefined || answer === undefined) throw new CliFailure("A --question needs an --answer, and the other way round.", 2);
  return { kind: "qa", title, questions: question, answer, language };
}

function titleOf(title: string | undefined): string {
  if (title === undefined)
    throw new CliFailure("Say with --title what the text is about, in the words of customers. Nothing was changed.", 2);
  return title;
}

async function readOf(
  file: string,
): Promise<{ readonly kind: "file"; readonly bytes: Buffer; readonly mediaType: MediaType; readonly name: string }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new CliFailure(`The file ${file} cannot be read (${messageOf(cause)}). Nothing was changed.`, 1, { cause });
  });
  const mediaType = findMediaType(file);
  if (mediaType === undefined)
    throw new CliFailure(`${file} is of an unknown kind: .txt, .md, .html, .csv and .pdf can be read. Nothing was changed.`);
  return { kind: "file", bytes, mediaType, name: basename(file) };
}
