// Proves what may be sent by Direct Send, that each limit is named, and which refusal is one of the account.
import { describe, expect, test } from "vitest";
import { readDirectRefusal } from "./direct-send.ts";
import { refusalBy } from "./sendable.ts";
import type { Rejection } from "./transport.ts";
import { validateOutboundContent } from "./validate-content.ts";

const TEXT = { type: "text", text: { body: "Order 1042 has left our shop." } };
const LINK = {
  type: "interactive",
  interactive: {
    type: "cta_url",
    header: { type: "text", text: "Order 1042" },
    body: { text: "It left our shop at 14:10." },
    action: { name: "cta_url", parameters: { display_text: "Track", url: "https://example.com/t/1042" } },
  },
};
const CALL = {
  type: "interactive",
  interactive: {
    type: "voice_call",
    body: { text: "Questions about order 1042?" },
    action: { name: "voice_call", parameters: { display_text: "Call us", ttl_minutes: 1440 } },
  },
};
const direct = (content: Readonly<Record<string, unknown>>, more: object = {}): Readonly<Record<string, unknown>> => ({
  category: "utility",
  ...content,
  ...more,
});
const config = (name: unknown) => ({ direct_send_config: { template_name: name } });

describe("content for Direct Send", () => {
  test.each([
    direct(TEXT),
    direct(LINK, { ttl_seconds: 3600, ...config("order_left") }),
    direct(CALL),
    direct(TEXT, { ttl_seconds: 30 }),
    direct(TEXT, { ttl_seconds: 43_200, ...config("x".repeat(512)) }),
    direct({ type: "text", text: { body: "x".repeat(1024) } }),
  ])("fits, and stays as it is: %j", (content) => {
    expect(validateOutboundContent(content)).toEqual({ ok: true, type: content["type"], content });
  });

  test("of the category service is an ordinary message", () => {
    expect(validateOutboundContent({ ...TEXT, category: "service" })).toEqual({ ok: true, type: "text", content: TEXT });
  });

  test.each<readonly [string, object]>([
    ['"utility"', { ...TEXT, category: "marketing" }],
    ['"utility"', { ...TEXT, category: 7 }],
    ["authentication", { ...TEXT, category: "authentication" }],
    ["ttl_seconds belongs to Direct Send", { ...TEXT, ttl_seconds: 60 }],
    ["direct_send_config belongs to Direct Send", { ...TEXT, category: "service", ...config("a") }],
    ["30 to 43200", direct(TEXT, { ttl_seconds: 29 })],
    ["30 to 43200", direct(TEXT, { ttl_seconds: 43_201 })],
    ["30 to 43200", direct(TEXT, { ttl_seconds: "60" })],
    ["template_name", direct(TEXT, config("Order"))],
    ["512", direct(TEXT, config("x".repeat(513)))],
    ["template_name", direct(TEXT, { direct_send_config: { template_name: "a", more: 1 } })],
    ["template_name", direct(TEXT, { direct_send_config: null })],
    ["1025 characters; Direct Send takes 1024", direct({ type: "text", text: { body: "x".repeat(1025) } })],
    ["footer", direct({ ...CALL, interactive: { ...CALL.interactive, footer: { text: "Aurora" } } })],
    ["cta_url", direct({ type: "image", image: { id: "1" } })],
    ["cta_url", direct({ type: "audio", audio: { id: "1" } })],
    ["cta_url", direct({ type: "template", template: { name: "a", language: { code: "en" } } })],
    ["cta_url", direct({ type: "reaction", reaction: { message_id: "wamid.1", emoji: "👍" } })],
  ])("is refused with a sentence that names %s: %j", (named, content) => {
    const result = validateOutboundContent(content);
    expect(result.ok ? "" : result.reason).toContain(named);
  });

  test("is of the Cloud API, and to one customer", () => {
    expect(refusalBy("cloud", { content: { ...TEXT, category: "utility" }, isGroup: false })).toBeUndefined();
    for (const [provider, isGroup] of [["cloud", true] as const, ["waha", false] as const])
      expect(refusalBy(provider, { content: { ...TEXT, category: "utility" }, isGroup })?.why).toContain("Direct Send");
  });
});

const refusal = (code: number, details?: string, title = "(#100) Invalid parameter"): Rejection => ({
  ...{ outcome: "rejected", retry: "never", stopsChannel: false, sentence: "…" },
  fault: { code, title, ...(details === undefined ? {} : { details }) },
});

test.each([
  [refusal(100, "Direct Send is not available for this business portfolio."), true],
  [refusal(100, undefined, "(#100) This account is not eligible for direct_send"), true],
  [refusal(100, "Param ttl_seconds must be between 30 and 43200 for Direct Send."), false],
  [refusal(100, "The body of a Direct Send message must be at most 1024 characters long."), false],
  [refusal(100, "Something else"), false],
  [refusal(131_009, "Direct Send is not available"), false],
])("%j is of the account: %s", (given, isOfAccount) => {
  const read = readDirectRefusal(given);
  expect(read.outcome === "rejected" && read.stops === "direct-send").toBe(isOfAccount);
});
