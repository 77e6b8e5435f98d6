// Proves the form of every error, and that docs/errors.md lists exactly those that there are.
import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import { fastify, type FastifyInstance } from "fastify";
import { afterEach, expect, test as it } from "vitest";
import { Fault, FAULTS, type FaultCode } from "../kernel/faults.ts";
import { createLog } from "../kernel/log.ts";
import { createErrorHandler } from "./error-mapper.ts";

const codes = Object.keys(FAULTS).filter((code): code is FaultCode => code in FAULTS);
const apps: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly lines: readonly string[];
}

async function answerTo(error: unknown): Promise<Answer> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const app = fastify();
  apps.push(app);
  app.setErrorHandler(createErrorHandler({ log: createLog({ level: "info", destination }) }));
  app.get("/things/:id", () => Promise.reject(error as Error));
  const answer = await app.inject({ url: "/things/12025550147" });
  return { status: answer.statusCode, headers: answer.headers, json: answer.json(), text: answer.body, lines };
}

function databaseError(code: string): Error {
  return Object.assign(new Error("secret: 12025550147"), { code });
}

it("every fault code answers its status, its title and its sentence as a problem", async () => {
  for (const code of codes.filter((known) => known !== "internal")) {
    const { status, json, headers } = await answerTo(new Fault(code, "What to do."));
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect([code, status]).toEqual([code, FAULTS[code].status]);
    expect(json).toEqual({ type: `urn:onethread:problem:${code}`, title: FAULTS[code].title, status, detail: "What to do.", code });
  }
});

it("docs/errors.md lists exactly the codes that there are, with their status and title", async () => {
  const text = await readFile(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| ([^|]+) \|/gm)].map(([, code, status, title]) => ({
    code,
    status: Number(status),
    title,
  }));
  expect(rows.sort(byCode)).toEqual(codes.map((code) => ({ code, ...FAULTS[code] })).sort(byCode));
});

function byCode(a: { readonly code: string | undefined }, b: { readonly code: string | undefined }): number {
  return (a.code ?? "") < (b.code ?? "") ? -1 : 1;
}

it("what nobody expected reaches a client as an id, and the log once, under the same id", async () => {
  const failures = [
    new Error("secret: 12025550147"),
    "thrown text",
    undefined,
    databaseError("23505"),
    databaseError("22P02"),
    ...["42703", "42P01", "42501", "28P01", "3D000", "0A000", "XX000"].map(databaseError),
    new Fault("internal", "secret: 12025550147"),
  ];
  for (const failure of failures) {
    const { status, json, text, lines } = await answerTo(failure);
    expect(status).toBe(500);
    expect(json["code"]).toBe("internal");
    expect(text).not.toContain("secret");
    expect(lines).toHaveLength(1);
    const id = String(json["instance"]).replace("urn:uuid:", "");
    expect(lines[0]).toContain(id);
    expect(lines[0]).toContain("/things/:id");
  }
});

it("a database that is gone is 503 with Retry-After and nothing of the error", async () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED secret"), { code: "ECONNREFUSED" });
  const gone = ["57P01", "08006", "53300", "40001", "40P01", "57014", "55P03", "25006"].map(databaseError);
  const lost = [
    new Error("Connection terminated unexpectedly"),
    new Error("timeout exceeded when trying to connect"),
    new AggregateError([refused]),
    refused,
  ];
  for (const failure of [...gone, ...lost]) {
    const { status, json, text, headers, lines } = await answerTo(failure);
    expect([status, json["code"], headers["retry-after"]]).toEqual([503, "unavailable", "5"]);
    expect(text).not.toContain("secret");
    expect(lines).toHaveLength(1);
  }
});

it("expected refusals leave no line in the log", async () => {
  for (const code of ["window_closed", "not_found", "unauthorized", "signature_invalid", "rate_limited"] as const) {
    expect((await answerTo(new Fault(code, "No."))).lines).toEqual([]);
  }
});
