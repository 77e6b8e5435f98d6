// Owns: threads for the tests of the brake: texts that were each answered but the last one.
import { isLoop } from "../../src/replies/find-loop.ts";
import type { RecentMessage } from "../../src/replies/read-thread.ts";
import { DEFAULT_REPLY_SETTINGS } from "../../src/settings/reply-settings.ts";

/** Whether the last of the texts, which came `everyMs` after each other, is taken for a part of a loop; `ours`: what was answered to each. */
export function findLoopFor(texts: readonly string[], everyMs = 5_000, ours = "Hello."): boolean {
  const start = Date.parse("2026-11-28T10:00:00Z");
  const rows = texts.flatMap((text, index): RecentMessage[] => {
    const common = {
      quoted_provider_message_id: null,
      target_provider_message_id: null,
      is_history: false,
      content: null,
      participant: null,
      quoted_text: null,
      quoted_type: null,
      referral: null,
      referred_product: null,
    } as const;
    const at = start + index * everyMs;
    const asked: RecentMessage = {
      ...common,
      seq: index * 2 + 1,
      direction: "in",
      author: "customer",
      type: "text",
      text,
      provider_message_id: `wamid.${String(index)}`,
      turn_id: null,
      sent_at: new Date(at),
    };
    if (index === texts.length - 1) return [asked];
    return [
      asked,
      {
        ...asked,
        seq: index * 2 + 2,
        direction: "out",
        author: "ai",
        text: ours,
        turn_id: `t${String(index)}`,
        sent_at: new Date(at + 1_000),
      },
    ];
  });
  return isLoop(rows, {
    answeredTo: texts.length * 2 - 2,
    at: new Date(start + texts.length * everyMs),
    brake: DEFAULT_REPLY_SETTINGS.loopBrake,
  });
}
