// Owns: what models write around an answer, made into what WhatsApp shows: thoughts left out, Markdown turned into WhatsApp's own marks. Pure.
import { renderMarkdown } from "../whatsapp/render-markdown.ts";

// Seen by nobody at all: a reply of these is empty.
const VISIBLE = /[^\s\p{C}\p{Z}\u115F\u1160\u2800\u3164]/u;
const NAMES =
  "think|thinking|thoughts?|thought_process|reasoning|reflection|analysis|scratchpad|antthinking|inner_monologue|chain_of_thought";
// In square brackets only the one word that models write so: "[analysis]" may be a word of the answer.
const THOUGHT = new RegExp(
  String.raw`[<◁]\s{0,9}(\/?)\s{0,9}(?:[a-z]{1,12}:)?(?:${NAMES})(?:\s[^<>]{0,200})?\/?[>▷]|\[(\/?)think\]|` +
    String.raw`<[|｜](start|begin|end|\/)?_?(?:of_)?(?:think|thinking|thought|reasoning)[|｜]>|<(answer|final_answer|response)>`,
  "gi",
);
/** A thought that begins and ends in one tag. */
const IS_EMPTY = /\/\s*[>▷]$/;
/** Around an answer, not in it; and the marks of a chat's turns, with who speaks. */
const AROUND =
  /<\/?(?:answer|final|final_answer|output|response)>|<\|(?:im_start|start_header_id)\|>\s{0,9}assistant\b|<start_of_turn>model\b|<\|[a-z_]{1,40}\|>|<｜[\p{L}_▁ ]{1,40}｜>|<(?:bos|eos|pad|end_of_turn)>/giu;
const LAST_CHANNEL = "<|channel|>final<|message|>";

/** One that was never closed reaches to the end, one that was never opened begins at the beginning. */
function withoutThoughts(answer: string): string {
  const channel = answer.lastIndexOf(LAST_CHANNEL);
  const said = channel === -1 ? answer : answer.slice(channel + LAST_CHANNEL.length);
  let kept = "";
  let from = 0;
  let isThought = false;
  for (const { 0: tag, 1: slash, 2: bracketed, 3: edge, 4: answer, index } of said.matchAll(THOUGHT)) {
    // Where an answer begins, a thought that was never closed has ended.
    if (answer !== undefined && !isThought) continue;
    if (answer !== undefined) {
      isThought = false;
      from = index + tag.length;
      continue;
    }
    const isEnd = slash === "/" || bracketed === "/" || edge === "/" || edge?.toLowerCase() === "end";
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
