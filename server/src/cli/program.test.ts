import type { Command } from "commander";
import { expect, test } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createProgram, runCli } from "./program.ts";

/** The words of every command that does something; of `business create`: "business create". */
function leavesOf({ commands }: Command): readonly string[] {
  return commands.flatMap((command) => {
    const leaves = leavesOf(command);
    return leaves.length === 0 ? [command.name()] : leaves.map((leaf) => `${command.name()} ${leaf}`);
  });
}

const PROGRAM = createProgram(createRecordingTerminal());

async function run(words: string, environment: Readonly<Record<string, string>> = {}) {
  const terminal = createRecordingTerminal(environment);
  const code = await runCli(words === "" ? [] : words.split(" "), terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}

test.for(leavesOf(PROGRAM))("`onethread %s --help` explains itself with examples and exits 0", async (command) => {
  const { code, out, err } = await run(`${command} --help`);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: onethread ${command}`);
  expect(out).toMatch(new RegExp(`Examples:[^]*\\$ onethread ${command.split(" ")[0] ?? ""} ?`));
  expect(err).toBe("");
});

test("the help of the program names every command", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (const command of PROGRAM.commands) expect(out).toMatch(new RegExp(`^  ${command.name()} `, "m"));
});

test.for([
  ["strat", "start"],
  ["start --rols api", "--roles"],
  ["doctor --jsno", "--json"],
  ["channel ad", "add"],
  ["simulate --custmers 3", "--customers"],
] as const)("`onethread %s` is a misunderstanding: exit 2, and did you mean", async ([words, meant]) => {
  const { code, out, err } = await run(words);
  expect(code).toBe(2);
  expect(err).toContain(`Did you mean ${meant}?`);
  expect(out).toBe("");
});

test.for([
  ["", "Usage: onethread"],
  ["start --port abc", "whole number from 0 to 65535"],
  ["start --roles api,wroker", "api, worker, scheduler"],
  ["simulate --customers 0", "whole number from 1 to 5000"],
  ["simulate --simulator-url nowhere", "http://127.0.0.1:4010"],
  ["replay", "--all"],
  ["replay --id 7", "It must be an id"],
  ["business create", "--name"],
  ["business set 0198c2f0-0000-7000-8000-000000000000", "--help"],
  ["channel add --phone-number-id +1202 --name Main", "5 to 20 digits"],
  ["knowledge add --title Hours", "--body"],
] as const)("`onethread %s` says what is wrong, with exit 2", async ([words, sentence]) => {
  const { code, err } = await run(words);
  expect(code).toBe(2);
  expect(err).toContain(sentence);
  expect(err).not.toMatch(/\n\s+at /);
});

test("a setting that is wrong is named, with exit 2, and its secret value is not shown", async () => {
  const { code, err } = await run("migrate", { DATABASE_URL: "not-a-url-hunter2", PORT: "99999" });
  expect(code).toBe(2);
  expect(err).toContain("DATABASE_URL must be");
  expect(err).toContain("PORT must be");
  expect(err).not.toContain("hunter2");
});

test("a database that cannot be reached is one sentence without password or stack, and with a stack only when debugging", async () => {
  const environment = { DATABASE_URL: "postgres://onethread:hunter2@127.0.0.1:1/onethread" };
  const quiet = await run("doctor", environment);
  expect(quiet.code).toBe(1);
  expect(quiet.err).toContain("cannot be reached");
  expect(quiet.err.split("\n")).toHaveLength(1);
  const chatty = await run("doctor", { ...environment, LOG_LEVEL: "debug" });
  expect(chatty.err).toMatch(/\n\s+at /);
  expect(chatty.err).not.toContain("hunter2");
});

test("the version is printed", async () => {
  expect(await run("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});
