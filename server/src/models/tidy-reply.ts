// Owns: what models write around an answer, made into what WhatsApp shows: thoughts left out, Markdown turned into WhatsApp's own marks. Pure.
import { renderMarkdown } from "../whatsapp/render-markdown.ts";

// Seen by nobody at all: a reply of these is empty.
const VISIBLE = /[^\s\p{C}\p{Z}\u115F\u1160\u2800\u3164]/u;
// In square brackets only the one word that models write so: "[analysis]" may be a word of the answer.
const THOUGHT =
  /[<◁]\s{0,9}(\/?)\s{0,9}(?:[a-z]{1,12}:)?(?:think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad)(?:\s[^<>]{0,200})?\/?[>▷]|\[(\/?)think\]|<\|(begin|end)_of_thought\|>/gi;
/** A thought that begins and ends in one tag. */
const IS_EMPTY = /\/\s*[>▷]$/;
/** Around an answer, not in it; and the marks of a chat's turns. */
const AROUND = /<\/?(?:answer|final|final_answer|output|response)>|<\|[a-z_]{1,40}\|>/gi;
const LAST_CHANNEL = "<|channel|>final<|message|>";

/** One that was never closed reaches to the end, one that was never opened begins at the beginning. */
function withoutThoughts(answer: string): string {
  const channel = answer.lastIndexOf(LAST_CHANNEL);
  const said = channel === -1 ? answer : answer.slice(channel + LAST_CHANNEL.length);
  let kept = "";
  let from = 0;
  let isThought = false;
  for (const { 0: tag, 1: slash, 2: bracketed, 3: edge, index } of said.matchAll(THOUGHT)) {
    const isEnd = slash === "/" || bracketed === "/" || edge?.toLowerCase() === "end";
    if (!isEnd && IS_EMPTY.test(tag)) {
      if (!isThought) kept += said.slice(from, index);
    } else {
      if (isEnd && !isThought) kept = "";
      else if (!isEnd && !isThought) kept += said.slice(from, index);
      isThought = !isEnd;
    }
    from = index + tag.length;
  }
  const rest = isThought ? kept : kept + said.slice(from);
  return withoutLoneEnd(rest.replace(AROUND, ""));
}

/** "</s>" ends what some models write; with an "<s>" it strikes something out. */
const withoutLoneEnd = (text: string): string => (/<s>/i.test(text) ? text : text.replaceAll("</s>", ""));

/** The empty string when nothing of it can be seen. Of what is left without thoughts, no more than `maxLength` is looked at. */
export function tidyReply(answer: string, maxLength: number): string {
  const text = renderMarkdown(withoutThoughts(answer.toWellFormed()).trim().slice(0, maxLength));
  return VISIBLE.test(text) ? text : "";
}
