import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDataFolder } from "../../test/support/data-folder.ts";
import { createRecordingTerminal, type RecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { runCli } from "./program.ts";

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await makeDataFolder("onethread-start-");
});
afterAll(async () => {
  await rm(dataDir, { recursive: true });
  await database.close();
});

function createTerminal(environment: Readonly<Record<string, string>> = {}): RecordingTerminal {
  return createRecordingTerminal({
    DATABASE_URL: database.url,
    ONETHREAD_DATA_DIR: dataDir,
    ONETHREAD_SIMULATOR_PORT: "0",
    PORT: "0",
    ...environment,
  });
}

function urlIn(greeting: string): string {
  return /https?:\/\/[^\s/]+/.exec(greeting)?.[0] ?? "";
}

test("a process serves until it is told to stop, then ends with 0 and serves no more", async () => {
  const terminal = createTerminal();
  const ended = runCli(["start", "--roles", "worker"], terminal);
  const url = urlIn(await terminal.awaitPrinted("Onethread is ready"));
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  terminal.interrupt("SIGTERM");
  expect(await ended, terminal.complained.join("\n")).toBe(0);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});

test("a second request to stop ends the process at once, with the code of its signal", async () => {
  const terminal = createTerminal();
  const ended = runCli(["start", "--roles", "scheduler"], terminal);
  await terminal.awaitPrinted("Onethread is ready");
  terminal.interrupt("SIGINT");
  expect(() => {
    terminal.interrupt("SIGINT");
  }).toThrow("exited now with 130");
  expect(await ended).toBe(0);
});

test("a request to stop during the start is not lost", async () => {
  const terminal = createTerminal();
  const ended = runCli(["start", "--roles", "scheduler"], terminal);
  terminal.interrupt("SIGTERM");
  expect(await ended).toBe(0);
  expect(terminal.complained.join("\n")).toContain("Stopping cleanly");
});

test("a port that is taken is named, with what to do, and nothing is left running", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const terminal = createTerminal({ PORT: String(address.port) });
  expect(await runCli(["start", "--roles", "worker"], terminal)).toBe(1);
  expect(terminal.complained.join("\n")).toContain(`Port ${String(address.port)} on 127.0.0.1 is not free`);
  expect(terminal.complained.join("\n")).toContain("--port");
  other.close();
  await once(other, "close");
});

test("the role api does not start without its secrets, and says which", async () => {
  const terminal = createTerminal();
  expect(await runCli(["start", "--roles", "api"], terminal)).toBe(2);
  expect(terminal.complained.join("\n")).toContain("ONETHREAD_APP_SECRET is not set");
  expect(terminal.complained.join("\n")).toContain("ONETHREAD_VERIFY_TOKEN is not set");
});

test("a scene against the demo ends with a verdict that all is well, and exits 0", async () => {
  const demo = createTerminal();
  const ended = runCli(["start", "--demo"], demo);
  await demo.awaitPrinted("Onethread is ready");
  // The debounce of the demo is for people to watch.
  const { rows } = await database.superuser.query<{ id: string }>("select id from businesses");
  expect(await runCli(["business", "set", rows[0]?.id ?? "", "--quiet-ms", "100"], createTerminal())).toBe(0);
  const told = createTerminal();
  expect(
    await runCli(["simulate", "--customers", "6", "--messages", "3", "--duplicates", "3", "--shuffle"], told),
    told.printed.join("\n"),
  ).toBe(0);
  const lines = told.printed.join("\n");
  expect(lines.match(/ -> /g)).toHaveLength(18);
  expect(lines.match(/ <- {2}\+1999/g)?.length).toBeGreaterThanOrEqual(6);
  expect(lines).toMatch(/messages stored +18 of 18$/m);
  expect(lines).toMatch(/webhooks delivered +54$/m);
  const machine = createTerminal();
  expect(await runCli(["simulate", "--customers", "2", "--messages", "1", "--json", "--seed", "7"], machine)).toBe(0);
  expect(JSON.parse(machine.printed.join("\n"))).toMatchObject({
    ok: true,
    seed: 7,
    messagesStored: 2,
    conversations: 2,
    doubles: 0,
    silentCustomers: 0,
  });
  demo.interrupt("SIGINT");
  expect(await ended, demo.complained.join("\n")).toBe(0);
});

test("without a demo, simulate says how to start one", async () => {
  const terminal = createTerminal();
  expect(await runCli(["simulate"], terminal)).toBe(1);
  expect(terminal.complained.join("\n")).toContain("onethread start --demo");
});
