// Proves that `npm start` leaves nothing behind: npm's shell does not pass signals on, so its end must be noticed.
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDataFolder } from "../support/data-folder.ts";
import { eventually } from "../support/eventually.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it("stops cleanly, PostgreSQL and all, when the shell that npm started it with is gone", async () => {
  const dataDir = await makeDataFolder("onethread-orphan-");
  // `: ` keeps the shell from replacing itself with node.
  const command = `"${process.execPath}" "${MAIN}" start --demo --port 0 --simulator-port 0 --data-dir "${dataDir}"; :`;
  const shell = spawn("sh", ["-c", command], { env: { PATH: process.env["PATH"], npm_lifecycle_event: "start" }, stdio: "ignore" });
  const read = (name: string): Promise<string> => readFile(join(dataDir, name), "utf8").catch(() => "");
  await eventually(
    () => read("demo.json"),
    (facts) => facts !== "",
    { what: "a demo that is ready", withinMs: 30_000 },
  );
  const owner = Number(/"pid":\s*(\d+)/.exec(await read("postgres.lock"))?.[1]);
  expect(isAlive(owner)).toBe(true);
  shell.kill("SIGKILL");
  await eventually(
    () => Promise.resolve(isAlive(owner)),
    (alive) => !alive,
    { what: "the end of Onethread", withinMs: 20_000 },
  );
  expect(await read("demo.json")).toBe("");
  expect(await read("postgres/postmaster.pid")).toBe("");
  await rm(dataDir, { recursive: true, force: true });
});
