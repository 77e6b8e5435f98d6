// Proves that a variant of a number becomes an alias only when a provider confirms it, and that learning it hurts no send.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { noFiles } from "../../test/support/no-files.ts";
import { createDeliver } from "../outbound/deliver.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let sends = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
afterAll(() => closeTestEngine(engine, test));

/** Sends a text through a provider that knows the number as `waId`. */
async function sendAs(phone: string, waId: string): Promise<string> {
  const messageId = await engine.send(business, phone, "hello");
  sends += 1;
  const accepted = { outcome: "accepted", providerMessageId: `wamid.spelling-${String(sends)}`, waId } as const;
  const transport = { sendMessage: () => Promise.resolve(accepted), markRead: () => Promise.resolve({ outcome: "accepted" } as const) };
  const { database, services } = engine;
  const deliver = createDeliver({
    database,
    learnSpelling: services.learnSpelling,
    actOnRefusal: services.actOnRefusal,
    onOldTemplate: services.wantTemplate,
    transportOf: () => transport,
    files: noFiles(database),
    failPoints: noFailPoints,
    log: test.log,
  });
  await deliver(await engine.claimOne("send"), new AbortController().signal);
  const { rows } = await test.superuser.query<{ status: string }>("select status from messages where id = $1", [messageId]);
  expect(rows[0]?.status).toBe("accepted");
  return threadOf(phone);
}
async function threadOf(value: string): Promise<string> {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [value]);
  return rows[0]?.id ?? "nobody";
}

it("the spelling that the provider answers with leads to the thread that was written to", async () => {
  await engine.receive(business, { from: "5531987651001" });
  expect(await threadOf("553187651001")).toBe("nobody");
  const id = await sendAs("5531987651001", "553187651001");
  expect(await threadOf("553187651001")).toBe(id);
  await engine.receive(business, { from: "553187651001", text: "one of us" });
  const { rows } = await test.superuser.query(
    "select count(*)::int as count from messages where conversation_id = $1 and direction = 'in'",
    [id],
  );
  expect(rows).toEqual([{ count: 2 }]);
});

it("two threads of both spellings are merged when the provider says that they are one account", async () => {
  await engine.receive(business, { from: "5531987651002" });
  await engine.receive(business, { from: "553187651002" });
  expect(await threadOf("5531987651002")).not.toBe(await threadOf("553187651002"));
  const id = await sendAs("5531987651002", "553187651002");
  expect(await threadOf("553187651002")).toBe(id);
  const { rows } = await test.superuser.query("select reason from merges where winner_id = $1", [id]);
  expect(rows).toEqual([{ reason: "provider_confirmed" }]);
});

it("two spellings that WhatsApp knows as two accounts stay apart, and the send is accepted all the same", async () => {
  await engine.receive(business, { from: "5531987651003", userId: "BR.one" });
  await engine.receive(business, { from: "553187651003", userId: "BR.two" });
  await sendAs("5531987651003", "553187651003");
  expect(await threadOf("553187651003")).toBe(await threadOf("BR.two"));
  expect(await threadOf("5531987651003")).toBe(await threadOf("BR.one"));
});
