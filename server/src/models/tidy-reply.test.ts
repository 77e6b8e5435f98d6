import { expect, test } from "vitest";
import { tidyReply } from "./tidy-reply.ts";

test.each([
  ["some thoughts\n</think>\n\nWe open at 8.", "We open at 8."],
  ["<think>hm</think>We open at 8.", "We open at 8."],
  ["<thinking>hm</thinking>We <think>wait</think>open at 8.", "We open at 8."],
  ["We open at 8.<think>or do we", "We open at 8."],
  ["a</think>b</think>We open at 8.", "We open at 8."],
  ["<think>only thoughts", ""],
  ["***launch now*** __Important:__ ~~10 EUR~~ **https://acme.example**", "*_launch now_* *Important:* ~10 EUR~ https://acme.example"],
  ["\u200B\u3164 ", ""],
  ['<THINK>hm</THINK><think time="3">hm</think><think\n>hm</think >ok', "ok"],
  ["< think >hm</ think ><think><think>a</think>b</think>ok", "ok"],
  ["<reasoning>hm</reasoning><thought>hm</thought><analysis>hm</analysis><seed:think>hm</seed:think>ok", "ok"],
  ["◁think▷hm◁/think▷[THINK]hm[/THINK]<|begin_of_thought|>hm<|end_of_thought|>ok", "ok"],
  ["<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>ok<|end|>", "ok"],
  ["<think/>ok<think />", "ok"],
  ["<answer>ok</answer><|im_end|></s>", "ok"],
  ["```\n<think>hm</think>\n```\nok", "ok"],
  ["<think>hm<answer>ok</answer>", "ok"],
  ["<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>ok<|END_RESPONSE|>", "ok"],
  ["<|thinking|>hm<|/thinking|>ok<｜end▁of▁sentence｜>", "ok"],
  ["<thought_process>hm</thought_process><inner_monologue>hm</inner_monologue><antThinking>hm</antThinking>ok", "ok"],
  ["<|im_start|>assistant\nok<|im_end|>", "ok"],
  ["<|start_header_id|>assistant<|end_header_id|>\n\nok<|eot_id|>", "ok"],
  ["<bos><start_of_turn>model\nok<end_of_turn>", "ok"],
  ["Our [analysis] of <thoughtful> things", "Our [analysis] of <thoughtful> things"],
])("%j becomes %j", (answer, shown) => {
  expect(tidyReply(answer, 4_000)).toBe(shown);
});

test("no more is looked at than could be sent, and thoughts do not count", () => {
  expect(tidyReply(`<think>${"x".repeat(10_000)}</think>${"word ".repeat(1_000)}`, 100).length).toBeLessThanOrEqual(100);
});
