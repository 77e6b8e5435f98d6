import { expect, test } from "vitest";
import { labelsOfItem, createIngestItem, type IngestItem } from "./ingest-item.ts";
import type { BusinessId, ChannelId } from "../kernel/ids.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { messagesBody } from "../../test/support/webhook-bodies.ts";
import { createThreadResolver } from "./thread-resolver.ts";

function itemOf(from: string, userId: string): IngestItem {
  const parsed = parseCloudWebhook(messagesBody("1", { from, userId }));
  const event = parsed.outcome === "events" ? parsed.events[0] : undefined;
  if (event?.kind !== "message") throw new Error("not a message");
  return createIngestItem(event, { businessId: "b" as BusinessId, channelId: "c" as ChannelId, quietMs: 0, scope: "1" });
}

test("identifiers are known to be one person's only when all of them lead to the same thread", () => {
  const resolver = createThreadResolver({
    db: { run: () => Promise.reject(new Error("it asks nobody")), execute: () => Promise.reject(new Error("it asks nobody")) },
    maxEntries: 100,
  });
  const [ana, ben] = [itemOf("15550100200", "US.1"), itemOf("15550100201", "US.2")];
  resolver.remember([
    { item: ana, canonicalKey: "ana" },
    { item: ben, canonicalKey: "ben" },
  ]);
  const [ofAna, ofBen] = [labelsOfItem(ana), labelsOfItem(ben)];
  expect(resolver.knowsAsOne(ofAna)).toBe(true);
  expect(resolver.knowsAsOne([...ofAna, ...ofBen])).toBe(false);
  expect(resolver.knowsAsOne([...ofAna, "somebody else"])).toBe(false);
  expect(resolver.knowsAsOne(["somebody else"])).toBe(false);
});
