// Owns: from the bytes of a file or page to text that can be cut and searched. Runs in a process of its own (run-text-work.ts): what others wrote may be made to
// be expensive, so nothing here takes more than one pass over it. Refuses to know: where the bytes came from and what becomes of them.
import { convert, type HtmlToTextOptions } from "html-to-text";
import { messageOf } from "../kernel/faults.ts";
import { plainMarkdown } from "./plain-markdown.ts";
import { readPdf } from "./read-pdf.ts";
import { readTable } from "./read-table.ts";
import { MAX_TEXT_LENGTH, type MediaType, type ReadOutcome } from "./media-types.ts";

const MAX_TITLE_LENGTH = 1_000;

const HTML_OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxInputLength: 8_000_000 },
  baseElements: { selectors: ["main", "article", "body"], orderBy: "selectors", returnDomByDefault: true },
  formatters: {
    markdownHeading(element, walk, builder) {
      builder.openBlock({ leadingLineBreaks: 2 });
      builder.addInline(`${"#".repeat(Number(element.name.slice(1)))} `, { noWordTransform: true });
      walk(element.children, builder);
      builder.closeBlock({ trailingLineBreaks: 2 });
    },
  },
  selectors: [
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, format: "markdownHeading" })),
    ...["nav", "header", "footer", "aside", "form", "script", "style", "noscript", "template", "img", "svg"].map((selector) => ({
      selector,
      format: "skip",
    })),
    { selector: "a", options: { ignoreHref: true } },
    { selector: "ul", options: { itemPrefix: "- " } },
    { selector: "table", format: "dataTable" },
  ],
};

/** UTF-8, or UTF-16 with its byte order mark; anything else is read as Windows-1252, which never fails. */
function decode(bytes: Buffer, charset: string | undefined): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder(charset ?? "utf-8", { fatal: charset === undefined }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

const tidy = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    // PostgreSQL takes no NUL; the other control characters say nothing to anybody.
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFEFF]/g, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

/** Empty: it has none. */
function titleOf(html: string): string {
  const opens = html.search(/<title\b/i);
  const from = opens < 0 ? -1 : html.indexOf(">", opens);
  if (from < 0) return "";
  const rest = html.slice(from + 1);
  const to = rest.search(/<\/title>/i);
  return to < 0 ? "" : rest.slice(0, to);
}

/** The text is undefined when it is longer than it may be. */
async function textOf(
  bytes: Buffer,
  mediaType: MediaType,
  charset: string | undefined,
): Promise<{ readonly text: string | undefined; readonly title?: string }> {
  if (mediaType === "application/pdf") return { text: await readPdf(bytes, MAX_TEXT_LENGTH) };
  const text = decode(bytes, charset);
  if (mediaType === "text/html") {
    const title = convert(titleOf(text).slice(0, MAX_TITLE_LENGTH), { wordwrap: false }).trim();
    return { text: convert(text, HTML_OPTIONS), ...(title === "" ? {} : { title }) };
  }
  if (mediaType !== "text/markdown") return { text };
  const title = /^#[ \t]+(\S.*)$/m.exec(text)?.[1]?.trim();
  return { text: plainMarkdown(text), ...(title === undefined ? {} : { title }) };
}

const TOO_LONG = `The text is longer than ${String(MAX_TEXT_LENGTH)} characters. Split it into several.`;
const refused = (reason: string): ReadOutcome => ({ outcome: "refused", reason });

/** Never throws: what cannot be read is refused with a sentence. */
export async function readText(bytes: Buffer, mediaType: MediaType, charset?: string): Promise<ReadOutcome> {
  try {
    const { text: found, title } = await textOf(bytes, mediaType, charset);
    if (found === undefined) return refused(TOO_LONG);
    const text = tidy(found);
    if (text === "")
      return refused(
        mediaType === "application/pdf" ? "The PDF has no text in it: it may be a scan. Give it as text." : "There is no text in it.",
      );
    if (text.length > MAX_TEXT_LENGTH) return refused(TOO_LONG);
    if (mediaType === "text/csv" && readTable(text).length === 0) return refused("The table has no rows below its first line.");
    const kept = mediaType === "text/csv" || mediaType === "text/plain" ? mediaType : "text/markdown";
    return { outcome: "read", text, mediaType: kept, title: title?.slice(0, 200) };
  } catch (error) {
    return refused(`It could not be read as ${mediaType} (${messageOf(error).slice(0, 200)}).`);
  }
}
