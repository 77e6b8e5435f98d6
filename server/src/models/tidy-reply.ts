// Owns: what models write around an answer, made into what WhatsApp shows: thoughts left out, Markdown turned into WhatsApp's own marks. Pure.

// Seen by nobody at all: a reply of these is empty.
const VISIBLE = /[^\s\p{C}\p{Z}\u115F\u1160\u2800\u3164]/u;

/** The empty string when nothing of it can be seen. */
export function tidyReply(answer: string): string {
  const text = answer
    .toWellFormed()
    .replace(/<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/gi, "")
    .replace(/\r\n?/g, "\n")
    .replace(/^#{1,6}[ \t]+(.+?)[ \t]*#*$/gm, (_, heading: string) => `*${heading.replaceAll("**", "")}*`)
    .replace(/\*\*(?=\S)([^*\n]+?)\*\*/g, "*$1*")
    .replace(/!?\[([^\]\n]*)\]\((\S+?)(?:\s+"[^"]*")?\)/g, (_, label: string, url: string) =>
      label === "" || label === url ? url : `${label}: ${url}`,
    )
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return VISIBLE.test(text) ? text : "";
}
