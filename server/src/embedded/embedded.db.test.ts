import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, watch } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded.ts";
import { findBinaries, runToEnd } from "./binaries.ts";
import { findProcess } from "./find-process.ts";
import { findReachableBinaries } from "./reachable-binaries.ts";
import { chooseRunAs } from "./run-as.ts";

const log = { info: () => undefined, warn: () => undefined };
const asRoot = process.getuid?.() === 0;
const cleanups: (() => Promise<unknown>)[] = [];
let usedDataDir: string;

beforeAll(async () => {
  usedDataDir = await mkdtemp(join(tmpdir(), "onethread-embedded-"));
  const postgres = await startEmbeddedPostgres({ dataDir: usedDataDir, log, settings: { shared_buffers: "16MB" } });
  await postgres.stop();
});

afterAll(() => rm(usedDataDir, { recursive: true, force: true }));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "onethread-embedded-"));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** With a cluster that was started and stopped before. To make it anew takes a second of CPU, and most tests are not about that. */
async function makeUsedDataDir(): Promise<string> {
  const dataDir = await makeDataDir();
  // fs.cp would not keep PostgreSQL's user as the owner.
  execFileSync("cp", ["-Rp", `${usedDataDir}/.`, dataDir]);
  return dataDir;
}

async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log, ...options, settings: { shared_buffers: "16MB", ...options.settings } });
  cleanups.push(() => postgres.stop());
  return postgres;
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    return rows.flat();
  } finally {
    await client.end();
  }
}

/** Another process that owns a database, says its URL in a line, and on SIGINT finishes its work on it, then stops it in good order. */
const ownerProgram = `
  const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)});
  const { default: pg } = await import(${JSON.stringify(import.meta.resolve("pg"))});
  const log = { info() {}, warn() {} };
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[1], log, settings: { shared_buffers: "16MB" } });
  const stay = setInterval(() => undefined, 60_000);
  process.on("SIGINT", async () => {
    const client = new pg.Client({ connectionString: postgres.url });
    client.on("error", () => undefined);
    const work = client.connect().then(() => client.query("select pg_sleep(0.3)"));
    const outcome = await work.then(() => "stopped in order", () => "the database went first");
    await client.end();
    await postgres.stop();
    clearInterval(stay);
    console.log(outcome);
  });
  console.log(JSON.stringify({ url: postgres.url, pid: postgres.pid }));
`;

type Owner = { readonly child: ChildProcess; readonly nextLine: () => Promise<string> };

function spawnOwner(dataDir: string, env: Readonly<Record<string, string>> = {}): Owner {
  const args = ["--input-type=module", "--eval", ownerProgram, dataDir];
  const child = spawn(process.execPath, args, { detached: true, env: { ...env }, stdio: ["ignore", "pipe", "inherit"] });
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGINT");
      await once(child, "exit");
    }
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, nextLine: async () => String((await lines.next()).value) };
}

async function kill9(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function parseOwner(line: string): { readonly url: string; readonly pid: number } {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || !("url" in value && "pid" in value)) throw new Error(`not an owner: ${line}`);
  const { url, pid } = value;
  if (typeof url !== "string" || typeof pid !== "number") throw new Error(`not an owner: ${line}`);
  return { url, pid };
}

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "it did not fail",
    (error: unknown) => error,
  );

test("a fresh start gives a durable UTF-8 database whose secrets only their owner can read", async () => {
  const dataDir = await makeDataDir();
  const { url } = await start(dataDir);
  const names = ["fsync", "synchronous_commit", "jit", "server_encoding", "TimeZone", "password_encryption", "data_checksums"];
  const values = await query(url, `select ${names.map((name) => `current_setting('${name}')`).join(", ")}`);
  expect(values).toEqual(["on", "on", "off", "UTF8", "UTC", "scram-sha-256", "on"]);
  expect(await query(url, "select datlocprovider, datlocale from pg_database where datname = 'postgres'")).toEqual(["b", "C.UTF-8"]);
  for (const name of ["postgres.password", "postgres.log", "postgres.lock"]) expect((await stat(join(dataDir, name))).mode & 0o077).toBe(0);
});

test("a restart keeps the data and the password", async () => {
  const dataDir = await makeUsedDataDir();
  const first = await start(dataDir);
  await query(first.url, "create table kept as select 1 as n");
  await first.stop();
  const second = await start(dataDir);
  expect(await query(second.url, "select n from kept")).toEqual([1]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
});

test("stopping twice is stopping once, and afterwards no process and no lock is left", async () => {
  const dataDir = await makeUsedDataDir();
  const postgres = await start(dataDir);
  await Promise.all([postgres.stop(), postgres.stop()]);
  await postgres.stop();
  await postgres.exited;
  expect(findProcess(postgres.pid)).toBeUndefined();
  expect(existsSync(join(dataDir, "postgres.lock"))).toBe(false);
  expect(existsSync(join(dataDir, "postgres", "postmaster.pid"))).toBe(false);
});

test("open sessions do not hold up a stop", async () => {
  const postgres = await start(await makeUsedDataDir());
  const client = new pg.Client({ connectionString: postgres.url });
  client.on("error", () => undefined);
  await client.connect();
  const sleeping = failureOf(client.query("select pg_sleep(600)"));
  await postgres.stop();
  expect(await sleeping).toBeInstanceOf(Error);
});

test("a second start on the same directory refuses in a sentence and leaves the first alone", async () => {
  const dataDir = await makeUsedDataDir();
  const first = await start(dataDir);
  expect(await failureOf(start(dataDir))).toMatchObject({
    code: "already_running",
    message: expect.stringMatching(new RegExp(`already running on .* \\(process ${process.pid}, since 20`)),
  });
  expect(await query(first.url, "select 1")).toEqual([1]);
});

test("a second start from another process refuses too", async () => {
  const dataDir = await makeUsedDataDir();
  const owner = spawnOwner(dataDir);
  const { url } = parseOwner(await owner.nextLine());
  expect(await failureOf(start(dataDir))).toMatchObject({
    code: "already_running",
    message: expect.stringContaining(String(owner.child.pid)),
  });
  expect(await query(url, "select 1")).toEqual([1]);
});

test("of many starts at once after a crash, exactly one wins", async () => {
  const dataDir = await makeUsedDataDir();
  const stale = { pid: process.pid, startToken: "of another process that had this id", since: "2020-01-01T00:00:00.000Z", nonce: "x" };
  await writeFile(join(dataDir, "postgres.lock"), JSON.stringify(stale));
  const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => start(dataDir)));
  const won = attempts.filter(({ status }) => status === "fulfilled");
  const lost = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason as unknown] : []));
  expect(won).toHaveLength(1);
  for (const reason of lost) expect(reason).toMatchObject({ code: "already_running" });
});

test("what was committed before a kill -9 of PostgreSQL is there after the next start", async () => {
  const dataDir = await makeUsedDataDir();
  const first = await start(dataDir);
  await query(first.url, "create table kept as select generate_series(1, 1000) as n");
  process.kill(first.pid, "SIGKILL");
  await first.exited;
  await first.stop();
  const second = await start(dataDir);
  expect(await query(second.url, "select count(*)::int from kept")).toEqual([1000]);
});

test("after a kill -9 of the owner, the server that survived it is ended and its data is kept", async () => {
  const dataDir = await makeUsedDataDir();
  const owner = spawnOwner(dataDir);
  const orphan = parseOwner(await owner.nextLine());
  await query(orphan.url, "create table kept as select 1 as n");
  await kill9(owner.child);
  expect(findProcess(orphan.pid)).toBeDefined();
  const next = await start(dataDir);
  expect(findProcess(orphan.pid)).toBeUndefined();
  expect(await query(next.url, "select n from kept")).toEqual([1]);
});

test("after a kill -9 of the owner and of PostgreSQL, everything is recovered", async () => {
  const dataDir = await makeUsedDataDir();
  const owner = spawnOwner(dataDir);
  const orphan = parseOwner(await owner.nextLine());
  await query(orphan.url, "create table kept as select 1 as n");
  process.kill(orphan.pid, "SIGKILL");
  await kill9(owner.child);
  const next = await start(dataDir);
  expect(await query(next.url, "select n from kept")).toEqual([1]);
});

test("an initdb that was killed half-way is done again", async () => {
  const dataDir = await makeDataDir();
  const watcher = watch(dataDir);
  const begun = new Promise<void>((settle) => {
    watcher.on("change", () => {
      if (readdirSync(dataDir).some((name) => name.startsWith("postgres.partial-"))) settle();
    });
  });
  const owner = spawnOwner(dataDir);
  await begun;
  await kill9(owner.child);
  watcher.close();
  expect(existsSync(join(dataDir, "postgres"))).toBe(false);
  const { url } = await start(dataDir);
  expect(await query(url, "select 1")).toEqual([1]);
  expect(readdirSync(dataDir).filter((name) => name.includes("partial"))).toEqual([]);
});

test("a pid file whose number now belongs to a stranger does not stop the start, nor the stranger", async () => {
  const [dataDir, otherDir] = [await makeUsedDataDir(), await makeUsedDataDir()];
  const stranger = await start(otherDir);
  const crashed = await start(dataDir);
  const pidFile = join(dataDir, "postgres", "postmaster.pid");
  const left = await readFile(pidFile, "utf8");
  process.kill(crashed.pid, "SIGKILL");
  await crashed.exited;
  await crashed.stop();
  await writeFile(pidFile, left.replace(/^\d+/, String(stranger.pid)));
  const next = await start(dataDir);
  expect(await query(next.url, "select 1")).toEqual([1]);
  expect(await query(stranger.url, "select 1")).toEqual([1]);
});

test("Ctrl-C reaches the whole terminal group, and the database still outlives the application's own stop", async () => {
  const owner = spawnOwner(await makeUsedDataDir());
  const { pid } = parseOwner(await owner.nextLine());
  const exited = once(owner.child, "exit");
  process.kill(-Number(owner.child.pid), "SIGINT");
  expect(await owner.nextLine()).toBe("stopped in order");
  expect(await exited).toEqual([0, null]);
  expect(findProcess(pid)).toBeUndefined();
});

test("a strange locale, time zone and PG variables around it change nothing", async () => {
  const strange = { LC_ALL: "tr_TR.UTF-8", LANG: "xx", LC_MESSAGES: "zz", TZ: "Mars/Olympus", PGPORT: "1", PGDATA: "/nowhere", PGTZ: "x" };
  const owner = spawnOwner(await makeDataDir(), strange);
  const { url } = parseOwner(await owner.nextLine());
  expect(await query(url, "select lower('TITLE'), upper('çığ'), current_setting('TimeZone')")).toEqual(["title", "ÇIĞ", "UTC"]);
});

test("two databases on two directories run side by side, each with its own port and password", async () => {
  const dirs = [await makeDataDir(), await makeDataDir()];
  const [left, right] = await Promise.all(dirs.map((dataDir) => start(dataDir)));
  if (left === undefined || right === undefined) throw new Error("two were started");
  expect(left.port).not.toBe(right.port);
  const crossed = new URL(left.url);
  crossed.password = new URL(right.url).password;
  expect(await failureOf(query(crossed.href, "select 1"))).toMatchObject({ code: "28P01" });
});

test("a wrong password and no password are refused", async () => {
  const { url } = await start(await makeUsedDataDir());
  const wrong = new URL(url);
  wrong.password = "wrong";
  expect(await failureOf(query(wrong.href, "select 1"))).toMatchObject({ code: "28P01" });
  wrong.password = "";
  expect(await failureOf(query(wrong.href, "select 1"))).toBeInstanceOf(Error);
});

test("it listens on 127.0.0.1 and on no other address of the machine", async () => {
  const { port, url } = await start(await makeUsedDataDir());
  const outer = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.filter(({ family }) => family === "IPv4"));
  const others = ["127.0.0.2", ...outer.map(({ address }) => address).filter((address) => address !== "127.0.0.1")];
  for (const host of others) {
    const client = new pg.Client({ host, port, user: "postgres", password: new URL(url).password, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    expect(await failureOf(client.connect()), host).toBeInstanceOf(Error);
    await client.end();
  }
  expect(await query(url, "show unix_socket_directories")).toEqual([""]);
});

test("a port that is taken is named in a sentence, and the directory is free again", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  cleanups.push(async () => blocker[Symbol.asyncDispose]());
  const address = blocker.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const dataDir = await makeUsedDataDir();
  expect(await failureOf(start(dataDir, { port }))).toMatchObject({
    code: "port_taken",
    message: expect.stringContaining(`Port ${port} `),
  });
  const { url } = await start(dataDir);
  expect(await query(url, "select 1")).toEqual([1]);
});

test("what cannot work is said in a sentence that names the culprit, and nothing is left running or locked", async () => {
  const dataDir = await makeUsedDataDir();
  const postgres = await start(dataDir);
  await postgres.stop();
  await writeFile(join(dataDir, "postgres.password"), "another\n");
  expect(await failureOf(start(dataDir))).toMatchObject({
    code: "start_failed",
    message: expect.stringContaining("postgres.password is not that of"),
  });
  await writeFile(join(dataDir, "postgres", "PG_VERSION"), "17\n");
  expect(await failureOf(start(dataDir))).toMatchObject({ code: "data_unusable", message: expect.stringContaining("PostgreSQL 17") });
  await rm(join(dataDir, "postgres", "PG_VERSION"));
  expect(await failureOf(start(dataDir))).toMatchObject({ code: "data_unusable" });
  expect(existsSync(join(dataDir, "postgres.lock"))).toBe(false);
  expect(existsSync(join(dataDir, "postgres", "postmaster.pid"))).toBe(false);
  await writeFile(join(dataDir, "a-file"), "");
  expect(await failureOf(start(join(dataDir, "a-file")))).toMatchObject({ code: "data_unusable" });
  expect(await failureOf(start(await makeUsedDataDir(), { settings: { max_connections: "many" } }))).toMatchObject({
    code: "start_failed",
    message: expect.stringContaining("max_connections"),
  });
});

test.runIf(asRoot)("as root, below a directory that only root may enter, it runs and recovers all the same", async () => {
  const closed = await makeDataDir();
  const dataDir = join(closed, "data");
  await mkdir(dataDir);
  const owner = spawnOwner(dataDir);
  const orphan = parseOwner(await owner.nextLine());
  await query(orphan.url, "create table kept as select 1 as n");
  await kill9(owner.child);
  const next = await start(dataDir);
  expect(findProcess(orphan.pid)).toBeUndefined();
  expect(await query(next.url, "select n from kept")).toEqual([1]);
  expect((await stat(join(dataDir, "postgres"))).uid).not.toBe(0);
  expect((await stat(closed)).mode & 0o077).toBe(0);
});

test.runIf(asRoot)("as root, programs that PostgreSQL's user cannot reach are copied to where it can, once", async () => {
  const [closed, open] = [await makeDataDir(), await makeDataDir()];
  await chmod(open, 0o755);
  const installed = await findBinaries();
  await cp(installed.packageDir, join(closed, "package"), { recursive: true, verbatimSymlinks: true });
  const moved = (path: string): string => path.replace(installed.packageDir, join(closed, "package"));
  const binaries = { initdb: moved(installed.initdb), postgres: moved(installed.postgres), packageDir: join(closed, "package") };
  const runAs = await chooseRunAs(join(closed, "nothing"));
  const found = await findReachableBinaries(binaries, runAs, ["/proc", open]);
  expect(found.postgres.startsWith(open)).toBe(true);
  expect(await runToEnd(found.postgres, ["--version"], { runAs })).toMatchObject({
    code: 0,
    output: expect.stringContaining("PostgreSQL"),
  });
  const { ctimeMs } = await stat(found.postgres);
  await findReachableBinaries(binaries, runAs, [open]);
  expect((await stat(found.postgres)).ctimeMs).toBe(ctimeMs);
  expect(await failureOf(findReachableBinaries(binaries, runAs, []))).toMatchObject({
    code: "directory_unreachable",
    message: expect.stringContaining(`chmod o+x ${closed}`),
  });
});
