// Proves `onethread replies` and `onethread ai` against a real database.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { runCli } from "./program.ts";

let database: TestDatabase;
let businessId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  businessId = (await createTestBusiness(database.superuser)).businessId;
});
afterAll(async () => {
  await database.close();
});

async function onethread(args: readonly string[], input = "") {
  const terminal = createRecordingTerminal({ DATABASE_URL: database.url }, input);
  const code = await runCli(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}

async function settings(): Promise<Record<string, unknown>> {
  return JSON.parse((await onethread(["replies", "show", "--json"])).out) as Record<string, unknown>;
}

test("settings are set by their paths, all of them or none, shown, and reset", async () => {
  const words = [
    "responder=webhook",
    "webhook.url=https://agent.example/?a=b",
    "webhook.timeoutMs=2000",
    'handoffKeywords=["human"]',
    "fallbackText=123",
  ];
  expect((await onethread(["replies", "set", ...words])).code).toBe(0);
  expect(await settings()).toMatchObject({
    responder: "webhook",
    webhook: { url: "https://agent.example/?a=b", timeoutMs: 2_000 },
    handoffKeywords: ["human"],
    fallbackText: "123",
  });
  expect((await onethread(["replies", "show", "webhook"])).out).toMatch(/webhook\.timeoutMs\s+2000/);
  expect(await onethread(["replies", "set", "maxMessages=2", "staleAfterMs=1"])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^staleAfterMs: [^]*Nothing was changed/) as string,
  });
  expect(await settings()).toMatchObject({ maxMessages: 3 });
  expect((await onethread(["replies", "reset", "webhook"])).code).toBe(0);
  expect(await settings()).toMatchObject({ webhook: null });
});

test.for([
  [["replies", "set", "maxMesages=2"], "Did you mean maxMessages?"],
  [["replies", "set", "webhook.timeout=2"], "Did you mean webhook.timeoutMs?"],
  [["replies", "reset", "modell"], "Did you mean model?"],
  [["replies", "show", "xyzzy"], "onethread replies show"],
  [["replies", "set", "maxMessages"], "path=value"],
  [["replies", "set", "maxMessages=two"], "whole number from 1 to 10"],
  [["replies", "secret", "set", "Bad-Name"], "small letters"],
  [["replies", "secret", "set", "empty"], "standard input"],
] as const)("%j says what is wrong, with exit 2", async ([words, sentence]) => {
  expect(await onethread(words)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(sentence) as string });
});

test("a secret comes from standard input or is made, is listed, and is never shown again", async () => {
  expect(await onethread(["replies", "secret", "set", "model_api_key"], "sk-hunter2")).toMatchObject({ code: 0, out: "" });
  const made = await onethread(["replies", "secret", "set", "webhook_secret", "--generate"]);
  expect(made.out).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const { rows } = await database.superuser.query<{ name: string; value: string }>("select name, value from reply_secrets order by name");
  expect(rows).toEqual([
    { name: "model_api_key", value: "sk-hunter2" },
    { name: "webhook_secret", value: made.out },
  ]);
  const list = await onethread(["replies", "secret", "list"]);
  expect(list.out).toContain("model_api_key");
  expect(list.out).not.toMatch(/hunter2|whsec/);
  expect((await onethread(["replies", "secret", "remove", "model_api_key"])).code).toBe(0);
  expect(await onethread(["replies", "secret", "remove", "model_api_key"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("model_api_key") as string,
  });
});

test("the AI is switched for the whole installation and for one business, and the status says why", async () => {
  expect((await onethread(["ai", "status"])).out).toBe("Installation: on.");
  expect((await onethread(["ai", "off", "--reason", "provider is down"])).code).toBe(0);
  expect((await onethread(["ai", "status"])).out).toMatch(/^Installation: off since .* \(provider is down\)\.$/);
  expect((await onethread(["ai", "off", "--business", businessId])).code).toBe(0);
  expect((await onethread(["ai", "status", "--business", businessId])).out).toMatch(/Business .*: off\.$/);
  expect(await onethread(["ai", "on", "--business", businessId])).toMatchObject({
    code: 0,
    err: expect.stringContaining("still says nothing") as string,
  });
  expect((await onethread(["ai", "on"])).code).toBe(0);
  expect((await onethread(["ai", "status", "--business", businessId])).out).toMatch(/^Installation: on since[^]*: on\.$/);
  expect(await onethread(["ai", "off", "--business", "nothing"])).toMatchObject({ code: 1 });
  expect(await onethread(["ai", "off", "--business", businessId, "--reason", "x"])).toMatchObject({ code: 2 });
});
