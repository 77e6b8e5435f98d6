// Proves that the commands for threads only look unless they are told to act, and say what they did.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { runCli } from "./program.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  engine = await createTestEngine(test, [business]);
});
afterAll(async () => {
  await engine.close();
  await test.close();
});

async function conversations(...args: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: test.url }, "");
  const code = await runCli(["conversations", ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}
async function mergedInto(id: string): Promise<unknown> {
  const { rows } = await test.superuser.query<{ merged_into: unknown }>("select merged_into from conversations where id = $1", [id]);
  return rows[0]?.merged_into;
}

it("merge and split only look until --execute, then move what they said, and every old id is understood", async () => {
  await engine.receive(business, { from: "12025550811", text: "1" }, { from: "12025550811", text: "2" });
  await engine.receive(business, { from: "12025550812", text: "3" });
  const list = JSON.parse((await conversations("list", "--json")).out) as readonly { readonly id: string; readonly phone: string }[];
  const idOf = (phone: string): string => list.find((one) => one.phone === phone)?.id ?? "";
  const [long, short] = [idOf("12025550811"), idOf("12025550812")];
  const wouldMove = `Would move 1 messages, 0 turns, 0 sessions and 1 identifiers from ${short} to ${long}.`;
  expect(await conversations("merge", short, long)).toMatchObject({ code: 0, out: expect.stringContaining(wouldMove) });
  expect(await mergedInto(short)).toBeNull();
  expect(await conversations("merge", short, long, "--execute")).toMatchObject({
    code: 0,
    out: expect.stringContaining("Moved 1 messages"),
  });
  expect(await mergedInto(short)).toBe(long);
  expect(JSON.parse((await conversations("show", short)).out)).toMatchObject({
    id: long,
    displayName: expect.stringContaining("+1 202 555 08"),
  });
  expect(await conversations("merge", short, long)).toMatchObject({ code: 1, err: expect.stringContaining("merged into") });
  expect(await conversations("split", short)).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed.") });
  expect(await mergedInto(short)).toBe(long);
  expect(await conversations("split", long, "--execute")).toMatchObject({ code: 0, out: expect.stringContaining(`back to ${short}`) });
  expect(await mergedInto(short)).toBeNull();
  expect((await conversations("list", "--search", "12025550812")).out).toContain(short);
});

it("what is not there, and what cannot be, is a sentence", async () => {
  const unknown = "0198c2f0-0000-7000-8000-000000000000";
  expect(await conversations("show", unknown)).toMatchObject({ code: 1, err: expect.stringContaining(unknown) });
  expect(await conversations("split", unknown)).toMatchObject({ code: 1, err: expect.stringContaining("nothing to split") });
  expect(await conversations("merge", unknown, unknown)).toMatchObject({ code: 2 });
  expect(await conversations("merge", "x", unknown)).toMatchObject({ code: 2, err: expect.stringContaining("id") });
});
