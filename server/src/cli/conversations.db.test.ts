// Proves that the commands for threads only look unless they are told to act, and say what they did.
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

it("consent is shown and set by hand, and a command that names nobody says so", async () => {
  await engine.receive(business, { from: "12025550821", text: "hello" });
  const list = JSON.parse((await conversations("list", "--json")).out) as readonly { readonly id: string; readonly phone: string }[];
  const id = list.find((one) => one.phone === "12025550821")?.id ?? "";
  const optedOutAt = async (...args: readonly string[]): Promise<unknown> => {
    const { code, out, err } = await conversations("consent", id, ...args);
    expect([code, err]).toEqual([0, ""]);
    return (JSON.parse(out) as { readonly optedOutAt: unknown }).optedOutAt;
  };
  expect(await optedOutAt()).toBeNull();
  expect(await optedOutAt("--opt-out")).toEqual(expect.stringContaining("T"));
  expect(await optedOutAt()).toEqual(expect.stringContaining("T"));
  expect(await optedOutAt("--opt-in")).toBeNull();
  expect(await conversations("consent", "nobody")).toMatchObject({ code: 1, out: "", err: expect.stringContaining("nobody") });
});

it("what was reported is listed, the newest first, for people and for machines", async () => {
  const notices = async (...args: readonly string[]) => {
    const terminal = createRecordingTerminal({ DATABASE_URL: test.url }, "");
    const code = await runCli(["notices", ...args], terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
  };
  expect(await notices()).toEqual({ code: 0, out: "", err: "Nothing has been reported yet." });
  for (const [minute, sentence] of ["The number was flagged.", "The account was restricted."].entries())
    await test.superuser.query(
      `insert into onethread.notices (business_id, id, received_at, at, provider, field, severity, sentence)
       values ($1, gen_random_uuid(), now() + $2 * interval '1 minute', now(), 'cloud', 'account_update', 'critical', $3)`,
      [business.businessId, minute, sentence],
    );
  const { out } = await notices();
  expect(out.indexOf("restricted")).toBeGreaterThan(0);
  expect(out.indexOf("restricted")).toBeLessThan(out.indexOf("flagged"));
  expect(JSON.parse((await notices("--json", "--limit", "1")).out)).toMatchObject([
    { sentence: "The account was restricted.", severity: "critical" },
  ]);
});

it("the list of channels says what happened to a number, what is kept, and what to do", async () => {
  const channel = async (...args: readonly string[]) => {
    const terminal = createRecordingTerminal({ DATABASE_URL: test.url }, "");
    const code = await runCli(["channel", ...args], terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
  };
  const { businessId, channelId } = business;
  const healthy = (await channel("list")).out;
  expect(healthy.split("\n")).toHaveLength(2);
  expect(healthy).toContain("300000000000001");
  await test.superuser.query(
    `insert into onethread.channel_signals (business_id, channel_id, aspect, state, health, sentence, at)
     values ($1, $2, 'connection', 'FAILED', 'disconnected', 'The gateway lost its connection.', now()),
            ($1, $2, 'reachout', 'locked', 'restricted', 'No new contacts for a while.', now()),
            ($1, $2, 'name', 'APPROVED', 'ok', 'The display name was approved.', now())`,
    [businessId, channelId],
  );
  expect((await channel("stop", channelId, "--reason", "moving")).err).toMatch(/is kept until `onethread channel resume/);
  const { out } = await channel("list");
  for (const part of ["stopped: moving; disconnected", "what is to be sent is kept", `onethread channel resume ${channelId}`]) {
    expect(out).toContain(part);
  }
  expect(out).toMatch(/disconnected: The gateway lost its connection\.\n {2}restricted: No new contacts/);
  expect(out).not.toContain("display name");
  expect((await channel("resume", channelId)).err).toContain("What waited is sent now");
});

it("a number without its account says what it lacks", async () => {
  const terminal = createRecordingTerminal({ DATABASE_URL: test.url }, "");
  expect(await runCli(["channel", "add", "--phone-number-id", "200000000000999", "--name", "Second"], terminal)).toBe(0);
  expect(terminal.complained.join("\n")).toContain("has no --account-id");
});
