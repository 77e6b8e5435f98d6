// Owns: what models write around an answer, made into what WhatsApp shows: thoughts left out, Markdown turned into WhatsApp's own marks. Pure.
import { renderMarkdown } from "../whatsapp/render-markdown.ts";

// Seen by nobody at all: a reply of these is empty.
const VISIBLE = /[^\s\p{C}\p{Z}\u115F\u1160\u2800\u3164]/u;
const THOUGHT = /<(\/?)think(?:ing)?>/gi;

/** One that was never closed reaches to the end, one that was never opened begins at the beginning. */
function withoutThoughts(answer: string): string {
  let kept = "";
  let from = 0;
  let isThought = false;
  for (const { 0: tag, 1: slash, index } of answer.matchAll(THOUGHT)) {
    const isEnd = slash === "/";
    if (isEnd && !isThought) kept = "";
    else if (!isEnd && !isThought) kept += answer.slice(from, index);
    isThought = !isEnd;
    from = index + tag.length;
  }
  return isThought ? kept : kept + answer.slice(from);
}

/** The empty string when nothing of it can be seen. Of what is left without thoughts, no more than `maxLength` is looked at. */
export function tidyReply(answer: string, maxLength: number): string {
  const text = renderMarkdown(withoutThoughts(answer.toWellFormed()).trim().slice(0, maxLength));
  return VISIBLE.test(text) ? text : "";
}
