// Owns: taking Markdown's marks out of a text that customers read in WhatsApp: no emphasis, no comments, and links as their words and address.
// Pure, and one pass for each kind of mark: expressions that look for an end from every beginning took minutes for 2 MB (2026-11-25).

const MAX_WORDS = 1_000;
const MAX_ADDRESS = 2_000;

export function plainMarkdown(text: string): string {
  const body = withoutComments(text.replace(/^---\n[\s\S]*?\n---\n/, ""));
  return withoutEmphasis(withoutEmphasis(plainLinks(body), "**"), "__");
}

/** A comment that is never closed stays. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (;;) {
    const begin = text.indexOf("<!--", from);
    const end = begin < 0 ? -1 : text.indexOf("-->", begin + 4);
    if (end < 0) break;
    kept.push(text.slice(from, begin));
    from = end + 3;
  }
  return kept.join("") + text.slice(from);
}

/** `[words](address "title")` becomes `words (address)`, and an image its description. */
function plainLinks(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = text.indexOf("]("); at >= 0; at = text.indexOf("](", at + 2)) {
    const before = Math.max(from, at - MAX_WORDS);
    const begin = text.slice(before, at).lastIndexOf("[");
    const end = text.slice(at + 2, at + 2 + MAX_ADDRESS).indexOf(")");
    if (begin < 0 || end < 0) continue;
    const opens = before + begin;
    const isImage = opens > from && text[opens - 1] === "!";
    const link = readLink(text.slice(opens + 1, at), text.slice(at + 2, at + 2 + end));
    if (!isImage && link === undefined) continue;
    kept.push(text.slice(from, isImage ? opens - 1 : opens), isImage ? text.slice(opens + 1, at) : (link ?? ""));
    from = at + 2 + end + 1;
  }
  return kept.join("") + text.slice(from);
}

/** Undefined: it only looks like a link. */
function readLink(words: string, inside: string): string | undefined {
  const [url = "", ...title] = inside.split(/\s+/);
  const isLink = words !== "" && url !== "" && (title.length === 0 || /^".*"$/.test(title.join(" ")));
  if (!isLink) return undefined;
  return /^https?:/.test(url) && words !== url ? `${words} (${url})` : words;
}

/** Within one line: an opening mark before a letter, and the first mark after a letter closes it. */
function withoutEmphasis(text: string, mark: "**" | "__"): string {
  if (!text.includes(mark)) return text;
  return text
    .split("\n")
    .map((line) => (line.includes(mark) ? plainLine(line, mark) : line))
    .join("\n");
}

function plainLine(line: string, mark: string): string {
  const parts = line.split(mark);
  let plain = parts[0] ?? "";
  for (let open = 1; open < parts.length; open += 1) {
    let close = -1;
    if (/^\S/.test(parts[open] ?? "")) {
      close = open;
      while (close < parts.length - 1 && !/\S$/.test((parts[close] ?? "").slice(-1))) close += 1;
      // None closes this one, so none closes those after it either.
      if (close >= parts.length - 1) return [plain, ...parts.slice(open)].join(mark);
    }
    if (close < 0) plain += mark + (parts[open] ?? "");
    else {
      plain += parts.slice(open, close + 1).join(mark) + (parts[close + 1] ?? "");
      open = close + 1;
    }
  }
  return plain;
}
