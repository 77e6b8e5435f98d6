import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";
import { createLegacyDatabase, type LegacyDatabase } from "../../test/support/legacy-database.ts";
import { MAIN } from "../../test/support/onethread-process.ts";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { runCli } from "../cli/program.ts";
import { runDoctor } from "../doctor/run-doctor.ts";
import { adoptedId } from "./adopted-id.ts";

const SIZE = Number(process.env["ADOPT_TEST_MESSAGES"] ?? "20000");
const SOURCE = "old-shop";

const reportSchema = z.object({
  isComplete: z.boolean(),
  sumsAddUp: z.boolean(),
  totals: z.record(z.string(), z.number()),
  businesses: z.array(
    z.object({
      oldBusinessId: z.string(),
      businessId: z.string().nullable(),
      duplicatesBy: z.record(z.string(), z.number()),
      summaries: z.object({ found: z.number(), kept: z.number() }),
      threadsToMerge: z.array(z.array(z.string())),
    }),
  ),
  leftovers: z.array(z.object({ oldBusinessId: z.string().nullable(), oldMessageId: z.string(), reason: z.string() })),
});

let target: TestDatabase;
let legacy: LegacyDatabase;
let directory: string;

beforeAll(async () => {
  target = await createTestDatabase();
  legacy = await createLegacyDatabase({ clusterUrl: inject("postgresUrl"), messages: SIZE });
  directory = await mkdtemp(join(tmpdir(), "onethread-adopt-"));
}, 300_000);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await legacy.close();
  await target.close();
});

const argumentsOf = (more: readonly string[]): readonly string[] => [
  "adopt",
  "--from",
  legacy.url,
  "--source",
  SOURCE,
  "--batch",
  "500",
  ...more,
];

async function adopt(...more: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: target.url, ONETHREAD_DATA_DIR: directory });
  const code = await runCli([...argumentsOf(more), "--json"], terminal);
  const out = terminal.printed.join("\n");
  return { code, err: terminal.complained.join("\n"), report: out === "" ? undefined : reportSchema.parse(JSON.parse(out)) };
}

/** The real process, killed right after it has shown progress. */
async function adoptUntilKilled(): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...argumentsOf(["--create-businesses", "--execute"])], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", DATABASE_URL: target.url, ONETHREAD_DATA_DIR: directory, LOG_LEVEL: "error" },
  });
  const exited = once(child, "close").then(([code, signal]) => String(signal ?? code));
  let lines = 0;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (/^\d+ of \d+ rows$/.test(line)) lines += 1;
    // The first line says where it goes on; the others are its own work.
    if (lines === 4) child.kill("SIGKILL");
  });
  return exited;
}

async function rowsOf<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  return (await target.superuser.query<Row>(sql, [...values])).rows;
}

async function fingerprint(): Promise<string> {
  const [row] = await rowsOf<{ all: string }>(`select md5(concat(
    (select string_agg(concat(id, conversation_id, seq, provider_message_id, status, sent_at), ',' order by id) from messages),
    (select string_agg(concat(id, canonical_key, lead_id, last_seq, last_message_at), ',' order by id) from conversations),
    (select string_agg(concat(conversation_id, covers_from, covers_to), ',' order by conversation_id, covers_from) from turns),
    (select string_agg(concat(kind, value, conversation_id), ',' order by kind, value) from aliases))) as all`);
  return row?.all ?? "";
}

const expected = () => {
  const { truth } = legacy;
  return {
    messages: truth.messages.size,
    conversations: truth.conversations,
    people: truth.people,
    duplicates: truth.duplicates,
    withoutConversation: truth.withoutConversation,
    unplaceable: truth.unplaceable,
  };
};
const unplaceableIds = (): readonly string[] =>
  [...legacy.truth.messages].flatMap(([id, { kind }]) => (kind === "unplaceable" ? [id] : [])).toSorted();

test("the disease is in the older database: duplicates, orphans, copies, rows that nobody can place", () => {
  const { truth } = legacy;
  expect(truth.duplicates / truth.conversations).toBeCloseTo(0.2, 1);
  expect(truth.withoutConversation).toBeGreaterThan(SIZE / 50);
  expect(truth.unplaceable).toBeGreaterThan(0);
  expect(truth.copies).toBeGreaterThan(0);
});

test("a dry run tells the truth, row by row, and writes nothing anywhere", async () => {
  const before = [await legacy.fingerprint(), await fingerprint()];
  const file = join(directory, "look.json");
  const { code, report, err } = await adopt("--report", file);
  expect(err.replaceAll(/^\d+ of \d+ rows$/gm, "").trim()).toBe("");
  expect(code).toBe(0);
  const { copies, unplaceable, messages } = legacy.truth;
  expect(report?.totals).toMatchObject({ ...expected(), alreadyThere: copies, placed: messages.size - unplaceable - copies });
  expect(report?.sumsAddUp).toBe(true);
  expect(report?.leftovers.map(({ oldMessageId }) => oldMessageId).toSorted()).toEqual(unplaceableIds());
  const evidence = new Set(report?.businesses.flatMap(({ duplicatesBy }) => Object.keys(duplicatesBy)));
  expect([...evidence].toSorted()).toEqual(["same_canonical_key", "same_digits", "same_lead", "same_wa_id"]);
  expect(reportSchema.parse(JSON.parse(await readFile(file, "utf8")))).toEqual(report);
  expect([await legacy.fingerprint(), await fingerprint()]).toEqual(before);
});

test("unless it is said what the businesses become, nothing is written", async () => {
  const { code, err } = await adopt("--execute");
  expect(code).toBe(2);
  expect(err).toContain("--create-businesses");
  expect(await rowsOf("select from businesses")).toEqual([]);
});

test("killed three times and run to its end: no message lost, none stored twice, each in its person's one thread, and the doctor is content", async () => {
  const before = await legacy.fingerprint();
  const killed: number[] = [];
  // A business that was done before its process died is looked at once more: what was placed is then there already.
  const done = new Map<string, number>();
  for (let times = 0; times < 3; times += 1) {
    expect(await adoptUntilKilled()).toBe("SIGKILL");
    for (const { id, placed } of await rowsOf<{ id: string; placed: number }>(
      "select old_business_id as id, placed::int from adoptions where finished_at is not null",
    ))
      done.set(id, done.get(id) ?? placed);
    const [row] = await rowsOf<{ count: string }>("select count(*) from messages");
    killed.push(Number(row?.count));
  }
  expect(killed.toSorted((a, b) => a - b)).toEqual(killed);
  expect(new Set(killed).size).toBe(3);
  expect(killed[0]).toBeGreaterThan(0);
  expect(killed[2]).toBeLessThan(legacy.truth.messages.size - legacy.truth.unplaceable - legacy.truth.copies);
  const { code, report } = await adopt("--create-businesses", "--execute");
  expect(code).toBe(0);
  const { copies, unplaceable, messages } = legacy.truth;
  const again = [...done.values()].reduce((sum, placed) => sum + placed, 0);
  expect(report?.totals).toMatchObject({
    ...expected(),
    alreadyThere: copies + again,
    placed: messages.size - unplaceable - copies - again,
    waiting: 0,
  });
  expect(report).toMatchObject({ sumsAddUp: true, isComplete: true });
  expect(report?.leftovers.map(({ oldMessageId }) => oldMessageId).toSorted()).toEqual(unplaceableIds());
  expect(report?.businesses.reduce((sum, { summaries }) => sum + summaries.kept, 0)).toBeGreaterThan(0);
  await expectTruth();
  expect(await legacy.fingerprint()).toBe(before);
  const { checks } = await runDoctor({ url: target.url, log: target.log });
  expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
}, 120_000);

/** Threads are people: the messages of one person are in one thread, and nobody else's are. */
async function expectTruth(): Promise<void> {
  const rows = await rowsOf<{ id: string; conversation_id: string }>("select id, conversation_id from messages");
  const personOf = new Map<string, string>();
  for (const [oldId, truth] of legacy.truth.messages)
    if (truth.kind === "placed") personOf.set(adoptedId(SOURCE, "message", oldId), truth.person);
  const copies = new Map(
    [...legacy.truth.messages].flatMap(([oldId, truth]) =>
      truth.kind === "copy" ? [[adoptedId(SOURCE, "message", oldId), truth.person]] : [],
    ),
  );
  expect(rows).toHaveLength(personOf.size);
  const threadOf = new Map<string, string>();
  const whose = new Map<string, string>();
  for (const row of rows) {
    // Which of two copies is kept does not matter.
    const person = personOf.get(row.id) ?? copies.get(row.id) ?? "nobody";
    expect([threadOf.get(person) ?? row.conversation_id, whose.get(row.conversation_id) ?? person]).toEqual([row.conversation_id, person]);
    threadOf.set(person, row.conversation_id);
    whose.set(row.conversation_id, person);
  }
  const [order] = await rowsOf<{ wrong: string }>(`select count(*) as wrong from (
    select sent_at < lag(sent_at) over (partition by business_id, conversation_id order by seq) as is_wrong from messages) t where is_wrong`);
  expect(Number(order?.wrong)).toBe(0);
}

test("history wakes nobody: no lane has work, nothing is sent, and no thread counts as paused", async () => {
  expect(await rowsOf("select from lanes where wanted > done or check_at is not null")).toEqual([]);
  expect(await rowsOf("select from messages where status in ('queued', 'sending', 'unknown')")).toEqual([]);
  expect(await rowsOf("select from channels where stopped_at is null")).toEqual([]);
  expect(await rowsOf("select from turns where state <> 'skipped' or reason <> 'adopted'")).toEqual([]);
});

test("the business's own name for a lead is kept as the lead's, and no message of theirs replaces it", async () => {
  const named = await rowsOf("select from conversations where lead_id is not null and lead_name like 'Customer %'");
  expect(named.length).toBeGreaterThan(0);
  expect(await rowsOf("select from conversations where (lead_id is null) <> (lead_name is null)")).toEqual([]);
});

test("a second run finds everything there and changes nothing", async () => {
  const before = await fingerprint();
  const { code, report } = await adopt("--create-businesses", "--execute");
  expect(code).toBe(0);
  const { unplaceable, messages } = legacy.truth;
  expect(report?.totals).toMatchObject({ ...expected(), placed: 0, alreadyThere: messages.size - unplaceable });
  expect(await fingerprint()).toBe(before);
});

test("an old business that was adopted goes nowhere else", async () => {
  const terminal = createRecordingTerminal({ DATABASE_URL: target.url, ONETHREAD_DATA_DIR: directory });
  expect(await runCli(["business", "create", "--name", "Elsewhere"], terminal)).toBe(0);
  const { code, err } = await adopt("--business", `acme=${terminal.printed[0] ?? ""}`, "--create-businesses", "--execute");
  expect(code).toBe(2);
  expect(err).toContain("was adopted into");
});
