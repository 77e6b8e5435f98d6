import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeReplySettings, renderReplySettings } from "./describe-reply-settings.ts";

test("docs/reply-settings.md says what the schema says", async () => {
  const path = fileURLToPath(new URL("../../../docs/reply-settings.md", import.meta.url));
  await expect(renderReplySettings(describeReplySettings())).toMatchFileSnapshot(path);
});

test("every setting has a path of its own, and a group comes before its members", () => {
  const paths = describeReplySettings().map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toContain("webhook.answerWithinMs");
  expect(paths.indexOf("webhook")).toBeLessThan(paths.indexOf("webhook.url"));
});
