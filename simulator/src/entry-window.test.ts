import { expect, test } from "vitest";
import { ana, at, startUnderTest, textTo } from "../test/simulator-bench.ts";

const ad = { source_type: "ad", source_id: "1202", source_url: "https://fb.me/x" };

test.each([
  [false, 131047],
  [true, undefined],
])(
  "the answer to who came by an ad begins a free conversation of 7 days; content beyond the 24 hours passes: %s",
  async (entryWindowOpens, code) => {
    const { simulator, receiver, send } = await startUnderTest({ entryWindowOpens });
    await simulator.inbound({ from: ana, text: "oi", referral: ad });
    await send(textTo(ana));
    await receiver.until(() => receiver.items("statuses").length === 3);
    const [sent, delivered] = receiver.items("statuses");
    expect(sent).toMatchObject({ pricing: { type: "free_entry_point" }, conversation: { origin: { type: "referral_conversion" } } });
    const until = Number(at(sent, "conversation.expiration_timestamp"));
    expect(until - Number(sent?.["timestamp"])).toBeGreaterThan(6.9 * 86_400);
    expect(delivered?.["conversation"]).not.toHaveProperty("expiration_timestamp");
    simulator.advanceClock(30 * 3_600_000);
    expect(at((await send(textTo(ana))).json, "error.code")).toBe(code);
    simulator.advanceClock(7 * 86_400_000);
    expect(at((await send(textTo(ana))).json, "error.code")).toBe(131047);
  },
);
