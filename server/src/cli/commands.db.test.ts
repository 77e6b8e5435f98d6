import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { messagesBody } from "../../test/support/webhook-bodies.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { newId } from "../kernel/ids.ts";
import { runCli } from "./program.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), "onethread-cli-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  await database.close();
});

async function onethread(args: readonly string[], input = "") {
  const terminal = createRecordingTerminal({ DATABASE_URL: database.url, ONETHREAD_DATA_DIR: directory }, input);
  const code = await runCli(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}

/** The one value that a command prints for scripts. */
async function made(args: readonly string[], input = ""): Promise<string> {
  const { code, out, err } = await onethread(args, input);
  expect(code, err).toBe(0);
  expect(out).toMatch(/^\S+$/);
  return out;
}

test("without a business, every command that needs one says how to make one", async () => {
  for (const args of [
    ["channel", "list"],
    ["api-key", "create", "--name", "x"],
    ["knowledge", "list"],
  ]) {
    expect(await onethread(args)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("onethread business create") });
  }
});

test("an installation is set up from nothing: business, number, key, texts; and everything is listed", async () => {
  const businessId = await made(["business", "create", "--name", "Aurora", "--quiet-ms", "50", "--ceiling-ms", "500"]);
  const channelId = await made(
    ["channel", "add", "--phone-number-id", "200000000000077", "--name", "Main", "--token", "-"],
    "token-from-stdin",
  );
  const key = await made(["api-key", "create", "--name", "shop"]);
  expect(key).toMatch(/^ot_[0-9A-Za-z]{32}$/);
  const textId = await made(["knowledge", "add", "--title", "Opening hours", "--body", "From nine to six."]);
  expect((await onethread(["business", "list"])).out).toContain(businessId);
  expect((await onethread(["business", "show"])).out).toMatch(/quietMs\s+50/);
  const channels = (await onethread(["channel", "list"])).out;
  expect(channels).toContain(channelId);
  expect(channels).toContain("active");
  expect((await onethread(["channel", "list", "--json"])).out).not.toContain("token-from-stdin");
  const keys = (await onethread(["api-key", "list"])).out;
  expect(keys).toContain("shop");
  expect(keys).not.toContain(key);
  expect((await onethread(["knowledge", "list"])).out).toContain(textId);
  const { rows } = await database.superuser.query("select access_token from channel_secrets where channel_id = $1", [channelId]);
  expect(rows).toEqual([{ access_token: "token-from-stdin" }]);
});

test("a file is uploaded by its path, known by its first bytes or its name, and kept below the data directory", async () => {
  const text = join(directory, "Opening hours.txt");
  await writeFile(text, "From nine to six.");
  const id = await made(["media", "upload", text]);
  const { rows } = await database.superuser.query("select mime_type, file_name, bytes, message_id from media where id = $1", [id]);
  expect(rows).toEqual([{ mime_type: "text/plain", file_name: "Opening hours.txt", bytes: "17", message_id: null }]);
  const stored = join(directory, "media", await businessOf(id), "uploads", id.slice(-2), id);
  expect(await readFile(stored, "utf8")).toBe("From nine to six.");
  const typed = JSON.parse((await onethread(["media", "upload", text, "--type", "text/csv", "--json"])).out) as unknown;
  expect(typed).toMatchObject({ kind: "document", mimeType: "text/csv", state: "ready" });
  const empty = join(directory, "empty.png");
  await writeFile(empty, "");
  expect(await onethread(["media", "upload", empty])).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("not a single byte"),
  });
  expect(await onethread(["media", "upload", directory])).toMatchObject({ code: 1, err: expect.stringContaining("is no file") });
  expect(await onethread(["media", "upload", join(directory, "none")])).toMatchObject({
    code: 1,
    err: expect.stringContaining("cannot be read"),
  });
});

test("a voice note is written down again by the id of its message, or all that failed", async () => {
  expect(await onethread(["media", "transcribe"])).toMatchObject({ code: 2, err: expect.stringContaining("--all") });
  expect(await onethread(["media", "transcribe", "--all"])).toMatchObject({ code: 0, err: expect.stringContaining("0 voice notes") });
  expect(await onethread(["media", "transcribe", newId()])).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was changed") });
});

async function businessOf(mediaId: string): Promise<string> {
  const { rows } = await database.superuser.query<{ id: string }>("select business_id as id from media where id = $1", [mediaId]);
  return rows[0]?.id ?? "";
}

test("a number is connected once in the whole installation", async () => {
  const again = await onethread(["channel", "add", "--phone-number-id", "200000000000077", "--name", "Twin"]);
  expect(again).toMatchObject({ code: 1, out: "", err: expect.stringContaining("connected already") });
});

test("a channel is stopped with its first reason, and resumed", async () => {
  const [channel] = JSON.parse((await onethread(["channel", "list", "--json"])).out) as readonly { readonly id: string }[];
  const id = channel?.id ?? "";
  expect((await onethread(["channel", "stop", id, "--reason", "moving"])).code).toBe(0);
  expect((await onethread(["channel", "stop", id, "--reason", "other"])).code).toBe(0);
  expect((await onethread(["channel", "list"])).out).toContain("stopped: moving");
  expect((await onethread(["channel", "resume", id])).code).toBe(0);
  expect((await onethread(["channel", "list"])).out).toContain("active");
  expect((await onethread(["channel", "set-token", id, "--token", "new-token"])).code).toBe(0);
  const { rows } = await database.superuser.query("select access_token from channel_secrets where channel_id = $1", [id]);
  expect(rows).toEqual([{ access_token: "new-token" }]);
});

test("the pace of a channel is set within what the platform takes, and back to its own", async () => {
  const list = async (): Promise<readonly { readonly id: string }[]> =>
    JSON.parse((await onethread(["channel", "list", "--json"])).out) as readonly { readonly id: string }[];
  const id = (await list())[0]?.id ?? "";
  expect(await onethread(["channel", "pace", id, "--per-second", "20"])).toMatchObject({
    code: 0,
    err: expect.stringContaining("20 messages a second, and 10 in a row"),
  });
  expect((await list())[0]).toMatchObject({ sendsPerSecond: 20, sendsInARow: 10, heldUntil: null });
  for (const wrong of ["0", "10001", "fast"]) {
    expect(await onethread(["channel", "pace", id, "--per-second", wrong])).toMatchObject({
      code: 2,
      err: expect.stringContaining("1 to 10000"),
    });
  }
  expect((await onethread(["channel", "pace", id])).code).toBe(0);
  expect((await list())[0]).toMatchObject({ sendsPerSecond: 80 });
  await database.superuser.query(
    "update channels set held_until = now() + interval '1 minute', held_reason = 'WhatsApp is working on this number.' where id = $1",
    [id],
  );
  expect((await onethread(["channel", "list"])).out).toContain("WhatsApp is working on this number. What is to be sent is kept");
  await database.superuser.query("update channels set held_until = now() where id = $1", [id]);
  expect((await onethread(["channel", "list"])).out).not.toContain("held until");
});

test("a business is changed only where it is asked to, and never into what cannot be", async () => {
  const [business] = JSON.parse((await onethread(["business", "list", "--json"])).out) as readonly { readonly id: string }[];
  const id = business?.id ?? "";
  expect((await onethread(["business", "set", id, "--ai", "off", "--handoff-text", "One moment."])).code).toBe(0);
  expect(JSON.parse((await onethread(["business", "show", id, "--json"])).out)).toMatchObject({
    name: "Aurora",
    aiEnabled: false,
    handoffText: "One moment.",
    quietMs: 50,
  });
  expect(await onethread(["business", "set", id, "--quiet-ms", "900"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("ceiling (500 ms)"),
  });
  expect(await onethread(["business", "set", id, "--ai", "maybe"])).toMatchObject({ code: 2, err: expect.stringContaining("on or off") });
  expect((await onethread(["business", "set", id, "--ai", "on"])).code).toBe(0);
});

test("ids that lead nowhere are a sentence and exit 1, whatever their form", async () => {
  const unknown = "0198c2f0-0000-7000-8000-000000000000";
  for (const id of [unknown, "not-an-id"]) {
    for (const args of [
      ["channel", "stop", id],
      ["channel", "pace", id],
      ["channel", "set-token", id, "--token", "t"],
      ["api-key", "revoke", id],
      ["knowledge", "remove", id],
    ]) {
      expect(await onethread(args)).toMatchObject({ code: 1, out: "", err: expect.stringContaining(id) });
    }
  }
});

test("a key works until it is revoked", async () => {
  const keys = JSON.parse((await onethread(["api-key", "list", "--json"])).out) as readonly { readonly id: string }[];
  expect((await onethread(["api-key", "revoke", keys[0]?.id ?? ""])).code).toBe(0);
  expect((await onethread(["api-key", "list"])).out).toContain("revoked");
  const { rows } = await database.superuser.query("select from directory where kind = 'api_key'");
  expect(rows).toHaveLength(0);
});

test("a text is read from a file, and the same title replaces it", async () => {
  const path = join(directory, "returns.txt");
  await writeFile(path, "Within 30 days.\n");
  const first = await made(["knowledge", "add", "--title", "Returns", "--file", path]);
  const second = await made(["knowledge", "add", "--title", "Returns", "--file", "-"], "Within 14 days.");
  expect(second).toBe(first);
  const { rows } = await database.superuser.query("select body from knowledge_texts where title = 'Returns'");
  expect(rows).toEqual([{ body: "Within 14 days." }]);
  expect(await onethread(["knowledge", "add", "--title", "Returns", "--file", join(directory, "nothing")])).toMatchObject({
    code: 1,
    err: expect.stringContaining("cannot be read"),
  });
  expect((await onethread(["knowledge", "remove", first])).code).toBe(0);
});

test("what came for an unknown number is listed with its reason, stays until the number is connected, and is then replayed once", async () => {
  const intake = createTestIntake(database);
  const parsed = parseCloudWebhook(messagesBody("200000000000078", { from: "12025550147" }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await intake.receive(parsed.events);
  expect(await onethread(["replay", "--list"])).toMatchObject({ code: 0, out: expect.stringContaining("200000000000078") });
  expect(await onethread(["replay", "--all"])).toMatchObject({ code: 1, out: expect.stringContaining("Replayed 0, still quarantined 1") });
  await made(["channel", "add", "--phone-number-id", "200000000000078", "--name", "Second"]);
  expect(await onethread(["replay", "--all"])).toMatchObject({ code: 0, out: "Replayed 1, still quarantined 0." });
  expect(await onethread(["replay", "--all"])).toMatchObject({ code: 0, out: "Replayed 0, still quarantined 0." });
  expect((await onethread(["replay", "--list"])).out).toBe("Nothing is quarantined.");
  const { rows } = await database.superuser.query("select direction from messages");
  expect(rows).toEqual([{ direction: "in" }]);
});

test("with two businesses, a command asks which one is meant", async () => {
  const other = await made(["business", "create", "--name", "Borealis"]);
  expect(await onethread(["channel", "list"])).toMatchObject({ code: 2, err: expect.stringContaining("--business <id>") });
  expect((await onethread(["channel", "list", "--business", other])).code).toBe(0);
});

test("doctor passes on a healthy database and fails on a broken one, for people and for machines", async () => {
  expect(await onethread(["doctor"])).toMatchObject({ code: 0, out: expect.stringContaining("All invariants hold") });
  await database.superuser.query("alter table sessions disable row level security");
  const report = await onethread(["doctor", "--json"]);
  expect(report.code).toBe(1);
  expect(JSON.parse(report.out)).toMatchObject({
    ok: false,
    checks: expect.arrayContaining([
      expect.objectContaining({ name: "tables-without-row-level-security", state: "broken", count: 1, examples: ["sessions"] }),
    ]),
  });
  expect((await onethread(["doctor"])).out).toMatch(/^BROKEN {2}tables-without-row-level-security/m);
  await database.superuser.query("alter table sessions enable row level security");
});

test("a doctor who cannot look at everything in time ends with 3, and claims nothing about the rest", async () => {
  const client = await database.superuser.connect();
  try {
    await client.query("begin; lock table onethread.sessions in access exclusive mode");
    const { code, out } = await onethread(["doctor", "--seconds", "1", "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      complete: false,
      coverage: { conversations: { lookedAt: 0 } },
      checks: expect.arrayContaining([
        expect.objectContaining({ name: "guards-missing", state: "ok", complete: true }),
        expect.objectContaining({ name: "sessions-forgotten", state: "partly", complete: false }),
      ]),
    });
    expect((await onethread(["doctor", "--seconds", "1"])).out).toContain("not everything was looked at");
  } finally {
    await client.query("rollback");
    client.release();
  }
  expect((await onethread(["doctor", "--all"])).code).toBe(0);
  expect((await onethread(["doctor", "--all", "--seconds", "5"])).code).toBe(2);
});

test("migrate says that there is nothing to do, and --check exits 1 on a database that is behind, naming what is pending", async () => {
  expect(await onethread(["migrate"])).toMatchObject({ code: 0, out: expect.stringContaining("already up to date") });
  expect((await onethread(["migrate", "--check"])).code).toBe(0);
  await database.superuser.query("create table public.kept as table onethread.migrations; delete from onethread.migrations");
  const behind = await onethread(["migrate", "--check"]);
  expect(behind).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^pending {2}0001/),
    err: expect.stringMatching(/is behind by \d+ migrations\. Run `onethread migrate`\./),
  });
});
