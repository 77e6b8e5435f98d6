// Proves the commands for templates against the simulator: what they print, and what they say when it cannot be.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { runCli } from "./program.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
afterAll(() => closeTestEngine(engine, test));

async function run(input: string, ...args: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: test.url, ONETHREAD_GRAPH_URL: engine.simulator.url }, input);
  const code = await runCli(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}
const template = (...args: readonly string[]) => run("", "template", ...args);

it("templates are read, listed, shown, previewed, made and deleted", async () => {
  expect(await template("list")).toMatchObject({ code: 0, err: expect.stringContaining("template sync") });
  expect(await template("sync")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^300000000000001: read at .*, 6 of at most 250 templates$/),
  });
  expect((await template("list", "--status", "paused")).out).toContain("spring_offer");
  const [named] = JSON.parse((await template("list", "--name", "order_ready_named", "--json")).out) as { id: string }[];
  const id = named?.id ?? "";
  expect(JSON.parse((await template("show", id)).out)).toMatchObject({ name: "order_ready_named", versions: [{ version: 1 }] });
  const ana = '[{"type":"body","parameters":[{"type":"text","parameter_name":"customer","text":"Ana"}]}]';
  expect(await template("preview", id, "--components", ana)).toEqual({ code: 0, out: "Hello Ana, your order is ready.", err: "" });
  expect(await template("preview", id)).toMatchObject({
    code: 1,
    err: expect.stringContaining('body.customer: The body needs the parameter "customer".'),
  });
  expect(await template("preview", id, "--components", "{}")).toMatchObject({ code: 2 });
  const form = { name: "made_here", language: "en", category: "UTILITY", components: [{ type: "BODY", text: "All is fine." }] };
  const made = await run(JSON.stringify(form), "template", "create", "--file", "-");
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('Made "made_here" (en)') });
  expect(await template("archive", made.out)).toMatchObject({ code: 0, err: 'The template "made_here" (en) is ARCHIVED.' });
  expect(await template("unarchive", made.out)).toMatchObject({ code: 0, err: 'The template "made_here" (en) is APPROVED.' });
  expect(await template("delete", made.out)).toMatchObject({ code: 0, err: 'Deleted the template "made_here" (en).' });
});

it("what is wrong is said, and nothing is changed", async () => {
  const form = { name: "Bad", language: "en", category: "UTILITY", components: [{ type: "BODY", text: "{{1}}" }] };
  expect(await run(JSON.stringify(form), "template", "create", "--file", "-")).toMatchObject({
    code: 1,
    err: expect.stringContaining("components[0]:"),
  });
  expect(await run("{}", "template", "create", "--file", "-")).toMatchObject({ code: 2, err: expect.stringContaining("language") });
  expect(await template("show", "0198c2f0-0000-7000-8000-000000000000")).toMatchObject({
    code: 1,
    err: expect.stringContaining("no template"),
  });
  expect(await template("sync", "--account", "999999")).toMatchObject({ code: 1, err: expect.stringContaining("set-account") });
  expect(await run("", "channel", "set-account", business.channelId, "--account-id", "x")).toMatchObject({ code: 2 });
  const set = await run("", "channel", "set-account", business.channelId, "--account-id", "300000000000001");
  expect(set).toMatchObject({ code: 0, err: expect.stringContaining("belongs to the account 300000000000001") });
  engine.simulator.addFailure({ match: { path: "templates" }, respond: { code: 10 } });
  expect(await template("sync")).toMatchObject({
    code: 1,
    out: expect.stringContaining("not read"),
    err: expect.stringContaining("is kept"),
  });
});

it("the quiet hours of a campaign are the business's where a recipient's country is not known", async () => {
  await engine.services.replySettings.change(business.businessId, { timeZone: "America/Sao_Paulo" });
  const components = [{ type: "body", parameters: [{ type: "text", parameter_name: "customer", text: "{{Name}}" }] }];
  const written = JSON.stringify({ name: "order_ready_named", language: { code: "en_US" }, components });
  const draft = ["campaign", "create", "--name", "Autumn", "--channel", business.channelId, "--template", written];
  const { code, out: id } = await run("", ...draft, "--quiet", "21:00-09:00");
  expect(code).toBe(0);
  expect(JSON.parse((await run("", "campaign", "show", id)).out)).toMatchObject({
    quietHours: { from: "21:00", to: "09:00", timeZone: "America/Sao_Paulo" },
  });
});
