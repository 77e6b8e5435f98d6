// Owns: Markdown as WhatsApp shows it: WhatsApp's own marks for emphasis, plain lines for tables, plain characters for entities and escapes. What is
// written in WhatsApp's marks already stays as it is. Pure, and linear in its text. Refuses to know: who wrote it.
import MarkdownIt, { type Token } from "markdown-it";

/** Longer texts are cut: no message is that long. */
export const MAX_MARKDOWN_LENGTH = 100_000;

// html: tags are seen as tags, so that <br> and <b> can be distinguished from words. Whole blocks of HTML stay off, so that what is inside them is still read;
// so do code by indentation and headings by underlining: nobody means them in a chat.
const parser = new MarkdownIt({ html: true, linkify: false, typographer: false, maxNesting: 20 }).disable([
  "html_block",
  "code",
  "lheading",
  "reference",
]);

/** Most answers: one line in which nothing is a mark, nor the beginning of one. */
const PLAIN_LINE = /^\p{L}[\p{L}\p{M}\p{N} .,;:!?'"’%€$£¿¡/@()-]{0,1000}$/u;

const TAG = /^<\/?([a-z][a-z0-9]*)\b[^>]*>$/i;
const TAG_MARKS: Readonly<Record<string, string>> = { b: "*", strong: "*", i: "_", em: "_", s: "~", del: "~", strike: "~", code: "`" };
const NEW_LINE_TAGS = new Set(
  "br hr p div tr ul ol table h1 h2 h3 h4 h5 h6 dl dt dd figure blockquote details summary section article header footer main".split(" "),
);
/** Only ever form; any other tag may be words ("<your name>"). */
const FORM_TAGS = new Set("span u font small big sup sub mark a center td th thead tbody pre kbd samp ins abbr cite body html".split(" "));
const BARE_LINK = /^(?:https?:\/\/|www\.)\S+$/i;
/** What follows a link belongs to it, so a mark ends before one. */
const LAST_WORD = /(?<=\s)(?:https?:\/\/|www\.)\S+$/i;
const IN_WORD = /[\p{L}\p{N}]/u;
/** Where Markdown sees no emphasis, and everybody means it: "**Hours:**9 to 6", "**bold **text". */
const MISSED_STRONG = /\*\*([^*\n]+)\*\*/g;

/** The mark on both ends of each line: none of WhatsApp's reaches over the end of a line. A link in marks would not be one. */
function wrap(text: string, mark: string): string {
  return text
    .split("\n")
    .map((line) => {
      const inner = line.trim();
      const isMarked = inner.length > 2 && inner.startsWith(mark) && inner.endsWith(mark);
      if (inner === "" || isMarked || BARE_LINK.test(inner)) return line;
      const link = LAST_WORD.exec(inner)?.[0] ?? "";
      const marked = inner.slice(0, inner.length - link.length).trimEnd();
      return line.replace(inner, () => `${mark}${marked}${mark}${link === "" ? "" : ` ${link}`}`);
    })
    .join("\n");
}

/** WhatsApp sees a mark only where no letter touches it from outside: a blank behind a label, and no marks within a word. */
function apart(marked: string, plain: string, { before, after }: { readonly before: string; readonly after: string }): string {
  const [isAfter, isBefore] = [IN_WORD.test(after), IN_WORD.test(before)];
  if (!isAfter && !isBefore) return marked;
  const last = plain.trimEnd().slice(-1);
  if (!isBefore && (plain !== plain.trimEnd() || !IN_WORD.test(last))) return `${marked} `;
  return isBefore && plain !== plain.trimStart() && !isAfter ? ` ${marked}` : plain;
}

function markMissed(text: string): string {
  return text.replace(MISSED_STRONG, (whole: string, inner: string, at: number) => {
    if (inner.trim() === "") return whole;
    const around = { before: text.charAt(at - 1), after: text.charAt(at + whole.length) };
    return apart(wrap(inner.trim(), "*"), inner, around);
  });
}

interface OpenInline {
  readonly token: Token;
  text: string;
}

/** Bold within italics, or the other way round: then both marks are needed; a lone `*…*` is bold in WhatsApp already. */
function emphasisMark(token: Token, inStrong: boolean, inner: string): string {
  if (token.markup === "_") return "_";
  return inStrong || inner.includes("*") ? "_" : "*";
}

function closeInline(open: OpenInline, stack: readonly OpenInline[], isHeading: boolean): string {
  const { token, text } = open;
  const inStrong = isHeading || stack.some((around) => around.token.type === "strong_open");
  switch (token.type) {
    case "strong_open":
      return inStrong ? text : wrap(text, "*");
    case "em_open": {
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

/** Nobody can follow it outside of the page it was written for. */
const isOfAPage = (address: string): boolean => address === "" || /^[#/.]/.test(address);
const bareAddress = (address: string): string =>
  address
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/^www\./, "")
    .replace(/\/$/, "");

function linkText(label: string, address: string): string {
  if (isOfAPage(address) || !parser.validateLink(address)) return label;
  const shown = decodeAddress(address);
  return label === "" || bareAddress(label) === bareAddress(address) || bareAddress(label) === bareAddress(shown)
    ? shown
    : `${label}: ${shown}`;
}

const attribute = (tag: string, name: string): string =>
  new RegExp(`\\s${name}\\s*=\\s*["']?([^"'>\\s]*)`, "i").exec(tag.slice(0, 2_000))?.[1] ?? "";

/** markdown-it escapes what is not ASCII; people read it. A blank would end the address, and a decoded percent sign would be read as an escape. */
const decodeAddress = (address: string): string =>
  address.replace(/(?:%[89a-f][0-9a-f])+/gi, (escaped) => {
    try {
      const letters = decodeURIComponent(escaped);
      return /[\s\p{C}\p{Z}]/u.test(letters) ? escaped : letters;
    } catch {
      return escaped;
    }
  });
parser.normalizeLinkText = (address) => decodeAddress(parser.normalizeLink(address));

function tagText(html: string): string {
  if (html.startsWith("<!--")) return "";
  const name = TAG.exec(html.slice(0, 1_000))?.[1]?.toLowerCase();
  if (name === undefined) return html;
  if (name === "img") return linkText(/\salt\s*=\s*["']([^"'>]*)/i.exec(html.slice(0, 2_000))?.[1] ?? "", attribute(html, "src"));
  if (name === "li") return html.startsWith("</") ? "" : "\n- ";
  if (name === "td" || name === "th") return html.startsWith("</") ? " " : "";
  if (NEW_LINE_TAGS.has(name)) return "\n";
  return TAG_MARKS[name] ?? (FORM_TAGS.has(name) ? "" : html);
}

/** A picture of a page is not shown; its description is. */
function imageAddress(token: Token): string {
  const address = String(token.attrGet("src") ?? "");
  return /^(?:https?:)?\/\//i.test(address) ? address : "";
}

function leafText(token: Token, isInLink: boolean): string {
  switch (token.type) {
    case "text":
      return markMissed(token.content);
    case "softbreak":
    case "hardbreak":
      return "\n";
    case "code_inline":
      return `${token.markup}${token.content}${token.markup}`;
    case "html_inline":
      return tagText(token.content);
    case "image":
      return isInLink ? token.content : linkText(token.content, imageAddress(token));
    default:
      return token.content;
  }
}

const isOpenLink = ({ token }: OpenInline): boolean => token.type === "link_open";

/** A link in HTML is read like one of Markdown; another tag stays what it is. */
function asLink(token: Token): Token {
  if (token.type !== "html_inline" || !/^<\/?a[\s>]/i.test(token.content)) return token;
  const isEnd = token.content.startsWith("</");
  const kind = {
    type: isEnd ? "link_close" : "link_open",
    nesting: isEnd ? -1 : 1,
    content: "",
    attrs: [["href", attribute(token.content, "href")]],
  };
  return Object.assign(Object.create(Object.getPrototypeOf(token) as object) as Token, token, kind);
}

function renderInline(written: readonly Token[], isHeading = false): string {
  const stack: OpenInline[] = [];
  let text = "";
  const add = (piece: string): void => {
    const around = stack.at(-1);
    if (around === undefined) text += piece;
    else around.text += piece;
  };
  const close = (open: OpenInline, after: string): void => {
    const closed = closeInline(open, stack, isHeading);
    const { markup } = open.token;
    // A lone star in a word is more often a sign of arithmetic.
    const around = { before: (stack.at(-1)?.text ?? text).slice(-1), after };
    const isArithmetic = /\d/.test(around.before) && /\d/.test(after);
    if (isArithmetic && markup.length === 2) add(`${markup}${open.text}${markup}`);
    else add(markup.length === 2 && closed !== open.text ? apart(closed, open.text, around) : closed);
  };
  const tokens = written.map(asLink);
  for (const [index, token] of tokens.entries()) {
    if (token.nesting === 1) stack.push({ token, text: "" });
    else if (token.nesting === -1) {
      // A tag may close what was never opened.
      if (token.type === "link_close" && !stack.at(-1)?.token.type.startsWith("link")) continue;
      const open = stack.pop();
      if (open !== undefined) close(open, tokens[index + 1]?.content.charAt(0) ?? "");
    } else add(leafText(token, stack.some(isOpenLink)));
  }
  for (let open = stack.pop(); open !== undefined; open = stack.pop()) close(open, "");
  return text;
}

interface Line {
  readonly text: string;
  /** Which lines of the source it was; what was apart there is apart here. */
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
    if (head.length <= 2) return rest.join("") === "" || first === "" ? row.join("") : `${first}: ${rest.join(", ")}`;
    const named = rest.map((cell, index) => [head[index + 1], cell].filter((part) => part !== undefined && part !== "").join(" "));
    return `${first}: ${named.filter((part) => part !== "").join(", ")}`;
  };
  return shown.map(lineOf).filter((line) => line.replace(":", "").trim() !== "");
}

class BlockWriter {
  readonly #lines: Line[] = [];
  /** Of the lists and quotes around. */
  readonly #prefixes: string[] = [];
  /** Of each numbered list around: its first number, and how many items it has so far. */
  readonly #numbered: { first: string; length: number }[] = [];
  /** Before the next line only, in place of the innermost prefix. */
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
      case "ordered_list_open":
        this.#numbered.push({ first: "", length: 0 });
        return;
      case "ordered_list_close":
        this.#numbered.pop();
        return;
      case "list_item_open": {
        const mark = token.info === "" ? (token.markup === "+" ? "+" : "-") : `${this.#numberOf(token.info)}${token.markup}`;
        this.#bullet = `${mark} `;
        this.#prefixes.push(" ".repeat(this.#bullet.length));
        return;
      }
      case "blockquote_close":
      case "list_item_close":
        // "2026." at the end of a line is a number, not the beginning of a list.
        if (this.#bullet !== undefined && token.type === "list_item_close" && /^\d/.test(this.#bullet)) this.#write("");
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
        if (token.content.trim() !== "") this.#write(`\`\`\`\n${token.content.replace(/\n$/, "")}\n\`\`\``);
        return;
      case "inline":
        this.#inline(renderInline(token.children ?? [], this.#isHeading).trim());
        return;
      default:
    }
  }

  /** Whoever gives each item the same number leaves the counting to Markdown. */
  #numberOf(written: string): string {
    const list = this.#numbered.at(-1);
    if (list === undefined) return written;
    list.length += 1;
    if (list.length === 1) list.first = written;
    return list.length > 1 && written === list.first ? String(Number(written) + list.length - 1) : written;
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

const FENCE = /^ {0,3}(?:```|~~~)/;
/** Below a title, it is drawn and not said. */
const UNDERLINE = /^={3,}[ \t]*$/;
const ITEM = /^(?:[-*+]|\d{1,9}[.)])[ \t]/;
const HEADING = /^#{1,6}[ \t]/;

/**
 * Blanks in front of a heading, or of a block that belongs to no list, make code of it in Markdown. Nobody means that in a message, and without its blanks it
 * would be read as something else again.
 */
function withoutMargins(markdown: string): string {
  let isFenced = false;
  let isInList = false;
  let isFirst = true;
  const lines = markdown.split("\n").map((line) => {
    if (FENCE.test(line)) isFenced = !isFenced;
    if (isFenced || FENCE.test(line)) return line;
    const words = line.trimStart();
    const isIndented = words.length < line.length;
    if (words === "") {
      isFirst = true;
      return line;
    }
    const isFree = HEADING.test(words) || (isFirst && !isInList);
    isInList = ITEM.test(words) || (isInList && (isIndented || !isFirst));
    isFirst = false;
    return isFree && isIndented ? words : line.replace(UNDERLINE, "");
  });
  return lines.join("\n");
}

/** Never throws. The same text in WhatsApp's marks again; blank when nothing of it can be shown. */
export function renderMarkdown(markdown: string): string {
  if (PLAIN_LINE.test(markdown)) return markdown.trimEnd();
  const writer = new BlockWriter();
  const text = markdown.slice(0, MAX_MARKDOWN_LENGTH).toWellFormed();
  for (const token of parser.parse(withoutMargins(text), {})) writer.take(token);
  return writer
    .read()
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
