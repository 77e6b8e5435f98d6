import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startUnderTest } from "../test/simulator-bench.ts";

const cli = fileURLToPath(new URL("cli.ts", import.meta.url));

const run = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }));
  });

test("help names every option and ends well", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (const option of ["--webhook-url", "--app-secret", "--port", "--state-file"]) expect(out).toContain(option);
});

test("a port in use is a sentence and exit code 1", async () => {
  const { simulator } = await startUnderTest();
  const { code, err } = await run("--webhook-url", "http://127.0.0.1:9/", "--app-secret", "x", "--port", String(simulator.port));
  expect(code).toBe(1);
  expect(err).toContain(`Port ${simulator.port} on 127.0.0.1 is in use`);
  expect(err).not.toContain("    at ");
});

test.each([
  [["--webhook-url", "nonsense", "--app-secret", "x"], "--webhook-url must be"],
  [["--app-secret", "x"], "--webhook-url and --app-secret are needed"],
  [["--port", "web", "--webhook-url", "http://127.0.0.1:9/", "--app-secret", "x"], "--port must be a whole number"],
])("wrong options %j are a sentence and exit code 1", async (args, sentence) => {
  const { code, err } = await run(...args);
  expect([code, err]).toEqual([1, expect.stringContaining(sentence)]);
});
