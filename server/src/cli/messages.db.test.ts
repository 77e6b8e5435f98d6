// Proves that the commands for messages say what they did, and what they did not.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { runCli } from "./program.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
const from = "12025550899";

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  await engine.receive(business, { from, text: "hello" });
});
afterAll(() => closeTestEngine(engine, test));

async function messages(...args: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: test.url }, "");
  const code = await runCli(["messages", ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}

it("what waits is listed, cancelled and sent again; what cannot be is a sentence, and changes nothing", async () => {
  const id = await engine.send(business, from, "Your order is ready.");
  expect(await messages("list")).toMatchObject({ code: 0, err: "No message is unknown." });
  expect((await messages("list", "--status", "queued")).out).toContain("Your order is ready.");
  expect(JSON.parse((await messages("list", "--status", "queued", "--json")).out)).toMatchObject([{ id, status: "queued" }]);
  expect(await messages("settle", id, "--as", "accepted")).toMatchObject({ code: 1, err: expect.stringContaining("its outcome is known") });
  expect(await messages("cancel", id)).toMatchObject({ code: 0, err: `Message ${id} is cancelled now.` });
  expect(await messages("cancel", id)).toMatchObject({ code: 1, err: expect.stringContaining("only a scheduled or queued one") });
  const again = await messages("retry", id);
  expect(again).toMatchObject({ code: 0, err: "It waits to be sent, as this message." });
  expect(await messages("retry", id)).toMatchObject({ code: 0, out: again.out, err: expect.stringContaining("before") });
  expect(await messages("retry", again.out)).toMatchObject({ code: 1, err: expect.stringContaining("is queued") });
  expect(await messages("cancel", again.out)).toMatchObject({ code: 0 });
});

it("an id that is none, an outcome that is none, and a message that is none are said", async () => {
  expect(await messages("cancel", "x")).toMatchObject({ code: 2, err: expect.stringContaining("It must be an id") });
  expect(await messages("settle", "0198c2f0-0000-7000-8000-000000000000", "--as", "lost")).toMatchObject({ code: 2 });
  expect(await messages("settle", "0198c2f0-0000-7000-8000-000000000000", "--as", "failed")).toMatchObject({
    code: 1,
    err: expect.stringContaining("no such message"),
  });
});
