// Proves with a real process and a real pipe that nobody waits for whoever reads the log: the process goes on, holds a bounded part of its lines, says how
// many it dropped, and ends; and that a reader that keeps pace, or is a little late, gets all of them.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import type { Order } from "../../test/support/logging-process.ts";

const ENTRY = fileURLToPath(new URL("../../test/support/logging-process.ts", import.meta.url));
const ANSWER = z.object({ rssMb: z.number() });
const LINE = z.object({ event: z.string(), number: z.number().optional(), lines: z.number().optional() }).loose();

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

function start({ stderr = "pipe", args = [] }: { stderr?: "pipe" | number; args?: readonly string[] } = {}): ChildProcess {
  const child = fork(ENTRY, [...args], { execArgv: [], stdio: ["ignore", "ignore", stderr, "ipc"] });
  started.push(child);
  return child;
}

/** Resolves when the process has answered, which it does only while it is not stopped by its reader. */
async function tell(child: ChildProcess, order: Order): Promise<z.infer<typeof ANSWER>> {
  const answer = once(child, "message");
  child.send(order);
  const [message] = (await answer) as unknown[];
  return ANSWER.parse(message);
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}

const parse = (text: string): readonly z.infer<typeof LINE>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => LINE.parse(JSON.parse(line)));

const numbersOf = (text: string): readonly number[] => parse(text).flatMap(({ number }) => (number === undefined ? [] : [number]));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

interface Reading {
  readonly soFar: () => string;
  readonly whole: Promise<string>;
}

/** Nothing is taken from the pipe before somebody calls this. */
function startReading(child: ChildProcess): Reading {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  return { soFar: () => text, whole: once(child, "close").then(() => text) };
}

const readAll = (child: ChildProcess): Promise<string> => startReading(child).whole;

test("while nobody reads its log a process goes on, and holds a bounded part of it; what it dropped is counted, and said where it is missing", async () => {
  const child = start();
  const before = await tell(child, {});
  // 200 MB, of which a pipe takes 64 kB.
  let most = before.rssMb;
  for (let round = 0; round < 20; round += 1)
    most = Math.max(most, (await tell(child, { log: { from: round * 1_000, lines: 1_000, letters: 10_000 } })).rssMb);
  expect(most - before.rssMb).toBeLessThan(120);

  const { soFar, whole } = startReading(child);
  // Lines go on being written, a few at a time, until one of them has come: the reader has caught up.
  let last = 20_000;
  while (!/"number":2\d{4}/.test(soFar())) await tell(child, { log: { from: last++, lines: 1, letters: 1 } });
  await tell(child, { log: { from: 90_000, lines: 5, letters: 1 } });
  child.send({ then: "end" } satisfies Order);
  const lines = parse(await whole);
  expect(await ended(child)).toBe(0);

  const gap = lines.findIndex(({ event }) => event === "log.lines-dropped");
  const kept = lines.slice(0, gap).map(({ number }) => number);
  expect(kept).toEqual(upTo(kept.length));
  expect(kept.length).toBeGreaterThan(1_000);
  const after = lines.slice(gap + 1).flatMap(({ number }) => number ?? []);
  expect(after.slice(-5)).toEqual([90_000, 90_001, 90_002, 90_003, 90_004]);
  // Every line came or is counted.
  expect(lines[gap]?.lines).toBe((after[0] ?? 0) - kept.length);
  expect(after).toEqual([...upTo(last).slice(after[0]), ...after.slice(-5)]);
}, 60_000);

test("a reader that keeps pace, or begins late, gets every line in its order", async () => {
  const child = start();
  // 4 MB in one go, of which the pipe takes 64 kB at first.
  await tell(child, { log: { from: 0, lines: 20_000, letters: 100 } });
  const reading = readAll(child);
  await tell(child, { log: { from: 20_000, lines: 20_000, letters: 100 } });
  child.send({ then: "end" } satisfies Order);
  expect(numbersOf(await reading)).toEqual(upTo(40_000));
}, 60_000);

test("a file gets every line, also those of the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "onethread-log-"));
  try {
    const file = openSync(join(folder, "log"), "a");
    const child = start({ stderr: file });
    closeSync(file);
    child.send({ log: { from: 0, lines: 20_000, letters: 100 }, then: "end" } satisfies Order);
    expect(await ended(child)).toBe(0);
    expect(numbersOf(readFileSync(join(folder, "log"), "utf8"))).toEqual(upTo(20_000));
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test("the end waits for a reader that reads, and not for one that stands still or is gone", async () => {
  const read = start();
  const reading = readAll(read);
  read.send({ log: { from: 0, lines: 20_000, letters: 100 }, then: "end" } satisfies Order);
  expect(numbersOf(await reading)).toEqual(upTo(20_000));

  const blocked = start();
  blocked.send({ log: { from: 0, lines: 2_000, letters: 1_000 }, then: "end" } satisfies Order);
  expect(await ended(blocked)).toBe(0);

  const left = start();
  left.stderr?.destroy();
  await tell(left, { log: { from: 0, lines: 2_000, letters: 1_000 } });
  left.send({ then: "end" } satisfies Order);
  expect(await ended(left)).toBe(0);
}, 60_000);

test("what nobody caught is the last line of the log, after all that was held, and quotes no row", async () => {
  const child = start();
  const reading = readAll(child);
  child.send({ log: { from: 0, lines: 20_000, letters: 100 }, then: "crash" } satisfies Order);
  const text = await reading;
  expect(await ended(child)).toBe(1);
  const lines = parse(text);
  expect(lines).toHaveLength(20_001);
  expect(lines.at(-1)).toMatchObject({ level: "fatal", event: "process.crashed", error: { message: "broken on purpose" } });
  expect(text).not.toContain("a customer's words");
}, 60_000);

test("lines for people come as whole and as late as the others", async () => {
  const child = start({ args: ["--pretty"] });
  await tell(child, { log: { from: 0, lines: 5_000, letters: 100 } });
  const reading = readAll(child);
  child.send({ then: "end" } satisfies Order);
  const numbers = [...(await reading).matchAll(/number: (\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(upTo(5_000));
}, 60_000);
