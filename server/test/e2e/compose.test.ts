import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SERVING = ["api", "worker", "scheduler"];

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      command: z.array(z.string()).optional(),
      restart: z.string(),
      user: z.string().optional(),
      read_only: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      stop_grace_period: z.string().optional(),
      environment: z.record(z.string(), z.string()),
      healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
      volumes: z.array(z.string()).optional(),
      ports: z.array(z.string()).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
  configs: z.record(z.string(), z.object({ content: z.string() })),
});
type ComposeFile = z.infer<typeof composeFile>;
type Service = ComposeFile["services"][string];

const GIVEN: Readonly<Record<string, string>> = {
  DATABASE_PASSWORD: "not-used-here",
  POSTGRES_PASSWORD: "not-used-here",
  ONETHREAD_APP_SECRET: "a-secret-for-this-test",
  ONETHREAD_VERIFY_TOKEN: "a-token-for-this-test",
};

/** As compose does it: `${NAME:-default}` and `${NAME:?message}`. */
function interpolate(text: string): string {
  return text.replaceAll(/\$\{([^}]*)\}/g, (_all, inside: string) => {
    const [, name = "", operator, rest = ""] = /^(\w+)(?::([-?])(.*))?$/.exec(inside) ?? [];
    const value = GIVEN[name];
    if (value === undefined && operator === "?") throw new Error(`${name}: ${rest}`);
    return value ?? rest;
  });
}

let text: string;
let compose: ComposeFile;
let dockerfile: string;
let entrypoint: readonly string[];
let database: TestDatabase;
let bareUrl: string;
const bareName = `compose_${String(process.pid)}_${String(Date.now())}`;
const children: ChildProcess[] = [];

beforeAll(async () => {
  text = await readFile(`${ROOT}compose.yaml`, "utf8");
  compose = composeFile.parse(parse(text, { merge: true }));
  dockerfile = await readFile(`${ROOT}Dockerfile`, "utf8");
  entrypoint = z.array(z.string()).parse(JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "null"));
  database = await createTestDatabase();
  // As the first start of the postgres service leaves it: a database that belongs to the login, with nothing in it.
  await database.superuser.query(`create database ${bareName} owner onethread`);
  const url = new URL(database.url);
  url.pathname = `/${bareName}`;
  bareUrl = url.href;
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

afterAll(async () => {
  await database.superuser.query(`drop database ${bareName} with (force)`);
  await database.close();
});

function serviceOf(name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}

/** Every service after all that it depends on. */
function startOrder(): readonly string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    for (const before of Object.keys(serviceOf(name).depends_on ?? {})) if (!order.includes(before)) visit(before);
    if (!order.includes(name)) order.push(name);
  };
  Object.keys(compose.services).forEach(visit);
  return order;
}

interface RunningService {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: string[];
  readonly exited: Promise<number | null>;
  /** Resolves with the first line that contains this; rejects when the process ends without it. */
  line(wanted: string): Promise<string>;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function environmentOf(service: Service, port: number): Record<string, string> {
  const written = Object.entries(service.environment).map(([name, value]) => [name, interpolate(value)] as const);
  // What a container has around it, and this test has otherwise: the network, and the database's name in it.
  return { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(written), DATABASE_URL: bareUrl, HOST: "127.0.0.1", PORT: String(port) };
}

function toArguments(command: readonly string[]): readonly [string, readonly string[]] {
  const [program, ...rest] = command;
  return [program === "node" ? process.execPath : (program ?? ""), rest];
}

async function run(name: string, extra: readonly string[] = []): Promise<RunningService> {
  const service = serviceOf(name);
  const port = await findFreePort();
  const [program, args] = toArguments([...entrypoint, ...(service.command ?? []), ...extra]);
  const child = spawn(program, args, { cwd: ROOT, env: environmentOf(service, port), stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const output: string[] = [];
  const waiting = new Map<string, (line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      for (const [wanted, found] of waiting) if (line.includes(wanted)) found(line);
    });
  }
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  const line = (wanted: string): Promise<string> =>
    new Promise((resolve, reject) => {
      waiting.set(wanted, resolve);
      const seen = output.find((said) => said.includes(wanted));
      if (seen !== undefined) resolve(seen);
      void exited.then((code) => {
        reject(new Error(`${name} ended with ${String(code)} before "${wanted}":\n${output.join("\n")}`));
      });
    });
  return { child, port, output, exited, line };
}

/** The health check of the compose file itself, as the engine would run it in the container. */
async function isHealthy(name: string, started: RunningService): Promise<boolean> {
  const [kind, ...command] = serviceOf(name).healthcheck.test ?? [];
  expect(kind).toBe("CMD");
  const [program, args] = toArguments(command);
  const check = spawn(program, args, { env: { PATH: process.env["PATH"] ?? "", PORT: String(started.port) }, stdio: "ignore" });
  children.push(check);
  const [code] = await once(check, "close");
  return code === 0;
}

test("migrations run once, after PostgreSQL is healthy, and everything that serves waits for them to succeed", () => {
  const migrate = serviceOf("migrate");
  expect(migrate).toMatchObject({ command: ["migrate"], restart: "no", healthcheck: { disable: true } });
  expect(migrate.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
  for (const name of SERVING) {
    const service = serviceOf(name);
    expect(service.depends_on?.["migrate"]).toEqual({ condition: "service_completed_successfully" });
    expect(service.depends_on?.["postgres"]).toEqual({ condition: "service_healthy" });
    expect(service).toMatchObject({ command: ["start", "--roles", name], restart: "unless-stopped" });
    expect(service.healthcheck.test?.join(" ")).toContain("/health/ready");
    expect(Number.parseInt(service.stop_grace_period ?? "0", 10)).toBeGreaterThan(15);
  }
  expect(Object.keys(compose.services).toSorted()).toEqual(["postgres", "migrate", ...SERVING].toSorted());
});

test("PostgreSQL keeps its data in a volume and is healthy only when it takes connections from others", () => {
  const postgres = serviceOf("postgres");
  expect(postgres.volumes).toEqual(["postgres:/var/lib/postgresql"]);
  expect(compose.volumes).toHaveProperty("postgres");
  expect(postgres.healthcheck.test).toContain("--host=127.0.0.1");
  expect(postgres.ports).toBeUndefined();
  expect(compose.configs["create-login"]?.content).toContain("create role onethread login createrole password");
});

test("nothing of ours runs as root, writes to its image, or has a capability", () => {
  for (const name of ["migrate", ...SERVING]) {
    expect(serviceOf(name)).toMatchObject({ user: "node", read_only: true, cap_drop: ["ALL"] });
  }
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^FROM node:\$\{NODE_VERSION\}-slim$/m);
  expect(dockerfile).toMatch(/^ARG NODE_VERSION=24$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  expect(dockerfile).toContain("/health/live");
});

test("no secret is in the file, and a missing one stops the start with its name", () => {
  const secrets = ["DATABASE_PASSWORD", "POSTGRES_PASSWORD", "ONETHREAD_APP_SECRET", "ONETHREAD_VERIFY_TOKEN"];
  for (const secret of secrets) {
    const uses = [...text.matchAll(new RegExp(`\\$\\{${secret}[^}]*\\}`, "g"))].map(([use]) => use);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((use) => !use.startsWith(`\${${secret}:?`))).toEqual([]);
  }
  expect(serviceOf("worker").environment).not.toHaveProperty("ONETHREAD_APP_SECRET");
});

test("without the migrations nothing serves, and it says what to do", async () => {
  for (const name of SERVING) {
    const started = await run(name);
    expect(await started.exited, started.output.join("\n")).toBe(1);
    expect(started.output.join("\n")).toContain("onethread migrate");
  }
}, 120_000);

test("the very same commands, in the order of the file, come up on an empty PostgreSQL and stop cleanly", async () => {
  const order = startOrder();
  expect(order.indexOf("migrate")).toBeGreaterThan(order.indexOf("postgres"));
  const behind = await run("migrate", ["--check"]);
  expect(await behind.exited, behind.output.join("\n")).toBe(1);
  const serving = new Map<string, RunningService>();
  for (const name of order.filter((service) => service !== "postgres")) {
    const started = await run(name);
    if (name === "migrate") expect(await started.exited, started.output.join("\n")).toBe(0);
    else serving.set(name, started);
  }
  expect([...serving.keys()].toSorted()).toEqual(SERVING.toSorted());
  const upToDate = await run("migrate", ["--check"]);
  expect(await upToDate.exited, upToDate.output.join("\n")).toBe(0);
  for (const [name, started] of serving) {
    await started.line("Onethread is ready");
    expect(await isHealthy(name, started), started.output.join("\n")).toBe(true);
    const ready = await fetch(`http://127.0.0.1:${String(started.port)}/health/ready`);
    expect(ready.status).toBe(200);
  }
  const client = new pg.Client({ connectionString: bareUrl });
  await client.connect();
  const { rows } = await client.query("select rolsuper, rolbypassrls from pg_roles where rolname = current_user");
  await client.end();
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
  for (const started of serving.values()) started.child.kill("SIGTERM");
  for (const [name, started] of serving) expect([name, await started.exited], started.output.join("\n")).toEqual([name, 0]);
}, 120_000);
