import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig, settings, type ConfigResult } from "./config.ts";
import { renderSettings } from "./render-settings.ts";

const secretsOfApi = { ONETHREAD_APP_SECRET: "0123456789abcdef", ONETHREAD_VERIFY_TOKEN: "verify-me-please" };

function problemsOf(result: ConfigResult): readonly string[] {
  return result.ok ? [] : result.problems;
}

test("without any setting, the demo gets the defaults of the table", () => {
  const result = readConfig({}, { purpose: "demo" });
  expect(result).toEqual({
    ok: true,
    config: {
      port: 3000,
      host: "127.0.0.1",
      logLevel: "info",
      logPretty: false,
      dataDir: ".onethread",
      simulatorHost: "127.0.0.1",
      simulatorPort: 4010,
      roles: new Set(["api", "worker", "scheduler"]),
      graphUrl: "https://graph.facebook.com",
      graphVersion: "v26.0",
      ingestConnections: 3,
      ingestQueue: 20_000,
      waitingBodiesMb: 256,
      databaseConnections: 10,
      replyConcurrency: 1_000,
      sendConcurrency: 512,
      leaseMs: 30_000,
      sendTimeoutMs: 15_000,
      mediaHosts: ["lookaside.fbsbx.com"],
      s3Region: "us-east-1",
      privateHosts: [],
    },
  });
});

test("serving the api asks for both secrets, and a worker alone or a tool asks for none", () => {
  const problems = problemsOf(readConfig({}));
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(/^ONETHREAD_APP_SECRET is not set/);
  expect(problems[1]).toMatch(/^ONETHREAD_VERIFY_TOKEN is not set/);
  expect(readConfig({ ONETHREAD_ROLES: "worker, scheduler" }).ok).toBe(true);
  expect(readConfig({}, { purpose: "tool" }).ok).toBe(true);
  expect(readConfig(secretsOfApi).ok).toBe(true);
});

test("all problems are told at once, each naming the setting, the value and what is expected", () => {
  const problems = problemsOf(
    readConfig({ ...secretsOfApi, PORT: "http", ONETHREAD_INGEST_CONNECTIONS: "17", ONETHREAD_ROLES: "api,werker" }),
  );
  expect(problems).toEqual([
    'PORT must be a whole number from 0 to 65535, not "http".',
    'ONETHREAD_ROLES must be one or more of api, worker, scheduler, separated by commas, not "api,werker".',
    'ONETHREAD_INGEST_CONNECTIONS must be a whole number from 1 to 16, not "17".',
  ]);
});

test("a problem never shows the value of a secret", () => {
  const given = { DATABASE_URL: "mysql://root:hunter22@db/x", ONETHREAD_APP_SECRET: "hunter2", ONETHREAD_VERIFY_TOKEN: "hunter 2" };
  const problems = problemsOf(readConfig(given));
  expect(problems).toHaveLength(3);
  expect(problems.join(" ")).not.toContain("hunter");
});

test("a mistyped name is refused with the name that was meant", () => {
  const problems = problemsOf(readConfig({ ...secretsOfApi, ONETHREAD_LEASE: "1", ONETHREAD_SIMULATOR_PROT: "1", ONETHREAD_XYZ: "1" }));
  expect(problems).toEqual([
    "ONETHREAD_LEASE is not a setting of Onethread. Did you mean ONETHREAD_LEASE_MS?",
    "ONETHREAD_SIMULATOR_PROT is not a setting of Onethread. Did you mean ONETHREAD_SIMULATOR_PORT?",
    "ONETHREAD_XYZ is not a setting of Onethread. docs/settings.md lists them all.",
  ]);
});

test("the command line is stronger than the environment, and an empty value counts as absent", () => {
  const result = readConfig({ PORT: "1", HOST: "", LOG_LEVEL: "WARN" }, { purpose: "tool", settings: { PORT: "2", HOST: undefined } });
  expect(result).toMatchObject({ ok: true, config: { port: 2, host: "127.0.0.1", logLevel: "warn" } });
});

test("two app secrets are accepted while one replaces the other, three are not", () => {
  const withSecrets = (text: string): ConfigResult => readConfig({ ...secretsOfApi, ONETHREAD_APP_SECRET: text });
  expect(withSecrets("old-secret, new-secret")).toMatchObject({ ok: true, config: { appSecrets: ["old-secret", "new-secret"] } });
  expect(withSecrets("secret-1,secret-2,secret-3").ok).toBe(false);
});

test("the Graph address loses its last slash, so that paths can be put behind it", () => {
  const result = readConfig({ ONETHREAD_GRAPH_URL: "http://127.0.0.1:4010/" }, { purpose: "tool" });
  expect(result).toMatchObject({ ok: true, config: { graphUrl: "http://127.0.0.1:4010" } });
  expect(readConfig({ ONETHREAD_GRAPH_URL: "graph.facebook.com" }, { purpose: "tool" }).ok).toBe(false);
});

test("private hosts are hosts with or without a port, in small letters, and nothing that looks like an address of a page", () => {
  const withHosts = (text: string): ConfigResult => readConfig({ ONETHREAD_PRIVATE_HOSTS: text }, { purpose: "tool" });
  expect(withHosts("LocalHost, 10.0.0.7:8080,[::1],[fd00::1]:443,*")).toMatchObject({
    ok: true,
    config: { privateHosts: ["localhost", "10.0.0.7:8080", "[::1]", "[fd00::1]:443", "*"] },
  });
  expect(withHosts("")).toMatchObject({ ok: true, config: { privateHosts: [] } });
  for (const wrong of ["http://localhost", "localhost/path", "::1", "a b", "host:port"]) expect(withHosts(wrong).ok).toBe(false);
});

test("no environment whatsoever makes it throw, and every problem names a setting", () => {
  const names = Object.values(settings).map(({ name }) => name);
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.string()), (environment) => {
      for (const problem of problemsOf(readConfig(environment))) expect(problem).toMatch(/^(ONETHREAD_|PORT|HOST|DATABASE_URL|LOG_LEVEL)/);
    }),
  );
});

test("docs/settings.md says what the table says", async () => {
  const path = fileURLToPath(new URL("../../../docs/settings.md", import.meta.url));
  await expect(renderSettings(Object.values(settings))).toMatchFileSnapshot(path);
});
