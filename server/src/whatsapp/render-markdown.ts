// Owns: Markdown as WhatsApp shows it: WhatsApp's own marks for emphasis, plain lines for tables, plain characters for entities and escapes. What is
// written in WhatsApp's marks already stays as it is. Pure, and linear in its text. Refuses to know: who wrote it.
import MarkdownIt, { type Token } from "markdown-it";

/** Longer texts are cut: no message is that long. */
export const MAX_MARKDOWN_LENGTH = 100_000;

// html: tags are seen as tags, so that <br> and <b> can be told from words. Whole blocks of HTML stay off, so that what is inside them is still read;
// so do code by indentation and headings by underlining: nobody means them in a chat.
const parser = new MarkdownIt({ html: true, linkify: false, typographer: false, maxNesting: 20 }).disable([
  "html_block",
  "code",
  "lheading",
  "reference",
]);

const TAG = /^<\/?([a-z][a-z0-9]*)\b[^>]*>$/i;
const TAG_MARKS: Readonly<Record<string, string>> = { b: "*", strong: "*", i: "_", em: "_", s: "~", del: "~", strike: "~", code: "`" };
const NEW_LINE_TAGS = new Set(["br", "hr", "p", "div", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"]);
/** Only ever form; any other tag may be words ("<your name>"). */
const FORM_TAGS = new Set(["span", "u", "font", "small", "big", "sup", "sub", "mark", "a", "center", "td", "th", "thead", "tbody", "img"]);
const BARE_LINK = /^(?:https?:\/\/|www\.)\S+$/i;

/** The mark on both ends of each line: none of WhatsApp's reaches over the end of a line. A link in marks would not be one. */
function wrap(text: string, mark: string): string {
  return text
    .split("\n")
    .map((line) => {
      const inner = line.trim();
      return inner === "" || BARE_LINK.test(inner) ? line : line.replace(inner, () => `${mark}${inner}${mark}`);
    })
    .join("\n");
}

interface Open {
  readonly token: Token;
  text: string;
}

/** Bold within italics, or the other way round: then both marks are needed; a lone `*…*` is bold in WhatsApp already. */
function emphasisMark(token: Token, inStrong: boolean, inner: string): string {
  if (token.markup === "_") return "_";
  return inStrong || /^\*[^*]+\*$/.test(inner) ? "_" : "*";
}

function closeInline(open: Open, stack: readonly Open[], isHeading: boolean): string {
  const { token, text } = open;
  switch (token.type) {
    case "strong_open":
      return isHeading ? text : wrap(text, "*");
    case "em_open": {
      const inStrong = isHeading || stack.some((around) => around.token.type === "strong_open");
      const mark = emphasisMark(token, inStrong, text);
      // Bold inside: the italics go inside the bold, as WhatsApp's own editor writes it.
      return mark === "_" && token.markup === "*" && /^\*[^*]+\*$/.test(text) ? wrap(wrap(text.slice(1, -1), "_"), "*") : wrap(text, mark);
    }
    case "s_open":
      return wrap(text, "~");
    case "link_open": {
      const address = String(token.attrGet("href") ?? "").replace(/^(?:mailto|tel):/, "");
      return linkText(text, address);
    }
    default:
      return text;
  }
}

function linkText(label: string, address: string): string {
  const shown = decodeAddress(address);
  const isSame = label === "" || label === address || label === shown || `http://${label}` === address || `https://${label}` === address;
  return isSame ? shown : `${label}: ${shown}`;
}

/** markdown-it escapes what is not ASCII; people read it. */
function decodeAddress(address: string): string {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

function tagText(html: string): string {
  if (html.startsWith("<!--")) return "";
  const name = TAG.exec(html.slice(0, 1_000))?.[1]?.toLowerCase();
  if (name === undefined) return html;
  if (NEW_LINE_TAGS.has(name)) return "\n";
  return TAG_MARKS[name] ?? (FORM_TAGS.has(name) ? "" : html);
}

function leafText(token: Token): string {
  switch (token.type) {
    case "softbreak":
    case "hardbreak":
      return "\n";
    case "code_inline":
      return `${token.markup}${token.content}${token.markup}`;
    case "html_inline":
      return tagText(token.content);
    case "image":
      return linkText(token.content, String(token.attrGet("src") ?? ""));
    default:
      return token.content;
  }
}

function renderInline(tokens: readonly Token[], isHeading = false): string {
  const stack: Open[] = [];
  let text = "";
  const add = (piece: string): void => {
    const around = stack.at(-1);
    if (around === undefined) text += piece;
    else around.text += piece;
  };
  for (const token of tokens) {
    if (token.nesting === 1) stack.push({ token, text: "" });
    else if (token.nesting === -1) {
      const open = stack.pop();
      if (open !== undefined) add(closeInline(open, stack, isHeading));
    } else add(leafText(token));
  }
  return text;
}

interface Line {
  readonly text: string;
  /** Which lines of the source it was; what stood apart there stands apart here. */
  readonly from: number;
  readonly to: number;
  /** In a list or a quote, which a line right behind it would seem to belong to. */
  readonly isInside: boolean;
}

interface Table {
  readonly rows: string[][];
}

/** Two columns are pairs; in wider tables each cell is named by its column. */
function tableLines({ rows }: Table): readonly string[] {
  const [head = [], ...body] = rows;
  const shown = head.length <= 2 ? rows : body;
  const lineOf = (row: readonly string[]): string => {
    const [first = "", ...rest] = row;
    if (head.length <= 2) return rest.length === 0 || first === "" ? row.join("") : `${first}: ${rest.join(", ")}`;
    const named = rest.map((cell, index) => [head[index + 1], cell].filter((part) => part !== undefined && part !== "").join(" "));
    return `${first}: ${named.filter((part) => part !== "").join(", ")}`;
  };
  return shown.map(lineOf).filter((line) => line.replace(":", "").trim() !== "");
}

class BlockWriter {
  readonly #lines: Line[] = [];
  /** Of the lists and quotes around. */
  readonly #prefixes: string[] = [];
  /** Stands before the next line only, in place of the innermost prefix. */
  #bullet: string | undefined;
  #table: Table | undefined;
  #isHeading = false;
  #source: readonly [number, number] = [0, 0];

  take(token: Token): void {
    if (token.map !== null) this.#source = token.map;
    switch (token.type) {
      case "heading_open":
        this.#isHeading = true;
        return;
      case "heading_close":
        this.#isHeading = false;
        return;
      case "blockquote_open":
        this.#prefixes.push("> ");
        return;
      case "list_item_open": {
        const mark = token.info === "" ? (token.markup === "+" ? "+" : "-") : `${token.info}${token.markup}`;
        this.#bullet = `${mark} `;
        this.#prefixes.push(" ".repeat(this.#bullet.length));
        return;
      }
      case "blockquote_close":
      case "list_item_close":
        this.#prefixes.pop();
        this.#bullet = undefined;
        return;
      case "table_open":
        this.#table = { rows: [] };
        return;
      case "tr_open":
        this.#table?.rows.push([]);
        return;
      case "table_close":
        this.#write(tableLines(this.#table ?? { rows: [] }).join("\n"));
        this.#table = undefined;
        return;
      case "fence":
        this.#write(`\`\`\`\n${token.content.replace(/\n$/, "")}\n\`\`\``);
        return;
      case "inline":
        this.#inline(renderInline(token.children ?? [], this.#isHeading).trim());
        return;
      default:
    }
  }

  #inline(text: string): void {
    if (this.#table === undefined) this.#write(this.#isHeading ? wrap(text, "*") : text);
    else this.#table.rows.at(-1)?.push(text.replaceAll("\n", " "));
  }

  #write(text: string): void {
    const [from, to] = this.#source;
    const outer = this.#bullet === undefined ? this.#prefixes : this.#prefixes.slice(0, -1);
    const first = `${outer.join("")}${this.#bullet ?? ""}`;
    this.#bullet = undefined;
    const rest = this.#prefixes.join("");
    const lines = text.split("\n").map((line, index) => `${index === 0 ? first : rest}${line}`.trimEnd());
    if (lines.some((line) => line !== "")) this.#lines.push({ text: lines.join("\n"), from, to, isInside: this.#prefixes.length > 0 });
  }

  read(): string {
    let before: Line | undefined;
    let text = "";
    for (const line of this.#lines) {
      const isApart = before !== undefined && (line.from > before.to || (before.isInside && !line.isInside));
      if (before !== undefined) text += isApart ? "\n\n" : "\n";
      text += line.text;
      before = line;
    }
    return text;
  }
}

/** Never throws. The same text in WhatsApp's marks again; blank when nothing of it can be shown. */
export function renderMarkdown(markdown: string): string {
  const writer = new BlockWriter();
  for (const token of parser.parse(markdown.slice(0, MAX_MARKDOWN_LENGTH).toWellFormed(), {})) writer.take(token);
  return writer
    .read()
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
