// Proves that a provider that can tell settles an unknown message, that only proof does, and that whoever refuses to tell is left alone.
import { randomUUID } from "node:crypto";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createStatusStore } from "../ingest/store-statuses.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { createGatewayHttp } from "../whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../whatsapp/gateways/gateway-transport.ts";
import { gatewaySentLookup } from "../whatsapp/gateways/list-sent.ts";
import { createPool } from "../whatsapp/http-exchange.ts";
import { createMessageHistory } from "../whatsapp/message-history.ts";
import { isGateway } from "../whatsapp/providers.ts";
import { createLookUpUnknown, type LookUpUnknown } from "./look-up-unknown.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let lookUp: LookUpUnknown;
let from = "";
let people = 0;
const http = createGatewayHttp({ timeoutMs: 5_000 });
const dispatcher = createPool({ connections: 2, timeoutMs: 5_000 });

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  await engine.services.changeBusiness(business.businessId, { aiEnabled: false });
  const history = createMessageHistory({ baseUrl: engine.simulator.url, version: "v26.0", timeoutMs: 5_000, dispatcher });
  lookUp = createLookUpUnknown({
    database: engine.database,
    log: test.log,
    lookupOf: (provider, settings) => {
      if (provider === "cloud") return history;
      return isGateway(provider) ? gatewaySentLookup(http, provider, settings) : undefined;
    },
  });
});
beforeEach(async () => {
  people += 1;
  from = `1303777${String(1000 + people)}`;
  engine.simulator.reset();
  engine.simulator.config({ messageHistory: false });
  await test.superuser.query("delete from onethread.channel_probes");
  await test.superuser.query(
    "update onethread.messages set status = 'failed', failed_at = now(), error_code = 'over' where status in ('unknown', 'queued', 'sending')",
  );
  await engine.receive(business, { from, text: "hello" });
});
afterAll(async () => {
  await http.close();
  await dispatcher.close();
  await closeTestEngine(engine, test);
});

const one = async <Row extends object>(text: string, ...values: readonly unknown[]): Promise<Row | undefined> =>
  (await test.superuser.query<Row>(text, [...values])).rows[0];
const stateOf = (id: string): Promise<unknown> =>
  one("select status, provider_message_id, error_code from onethread.messages where id = $1", id);
const listed = (id: string): Promise<unknown> =>
  one("select looks, look_at is null as is_over from onethread.unknown_sends where message_id = $1", id);

/** A worker died while it was being sent. */
async function makeUnknown(text: string, channelId: string = business.channelId): Promise<string> {
  const id = await engine.send(business, from, text);
  await test.superuser.query(
    "update onethread.messages set status = 'sending', attempts = 1, attempted_at = now(), channel_id = $2 where id = $1",
    [id, channelId],
  );
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  expect(await stateOf(id)).toMatchObject({ status: "unknown" });
  expect(await listed(id)).toEqual({ looks: 0, is_over: false });
  return id;
}
async function look(): Promise<number> {
  await test.superuser.query("update onethread.unknown_sends set look_at = now() where look_at is not null");
  return lookUp();
}

/** A channel of a gateway, by which the customer is reached. */
async function connect(
  provider: "waha" | "evolution",
): Promise<{ simulator: GatewaySimulator; channelId: string; send: (text: string) => Promise<void> }> {
  const common = { webhookUrl: () => "http://127.0.0.1:9/none", apiKey: "gateway-key" };
  const simulator =
    provider === "waha"
      ? await startWahaSimulator({ ...common, session: "aurora", hmacKey: "key", retryDelaysMs: [] })
      : await startEvolutionSimulator({ ...common, instance: "aurora", retryDelaysMs: [] });
  const gateway = { baseUrl: simulator.url, instance: "aurora" };
  const made = await engine.services.channels.create({
    businessId: business.businessId,
    provider,
    externalId: randomUUID(),
    name: provider,
    accessToken: "gateway-key",
    webhookSecret: "webhook-secret",
    gateway,
  });
  if (made.outcome !== "created") throw new Error(made.outcome);
  const channelId = made.channel.id;
  await test.superuser.query(
    "update onethread.conversations c set reply_channel_id = $1 from onethread.aliases a where a.conversation_id = c.id and a.value = $2",
    [channelId, from],
  );
  const transport = gatewayTransport(http, provider, gateway);
  const channel = { key: "x", accessToken: "gateway-key" };
  return {
    simulator,
    channelId,
    async send(text) {
      simulator.failSends("drop");
      const outcome = await transport?.sendMessage({
        channel,
        to: { kind: "phone", value: from },
        content: { type: "text", text: { body: text } },
        ownId: "x",
      });
      expect(outcome).toMatchObject({ outcome: "uncertain" });
    },
  };
}

it.each(["waha", "evolution"] as const)(
  "%s: a message that is in the chat was sent, and its statuses find it; one that is not there, or there twice, stays unknown",
  async (provider) => {
    const { simulator, channelId, send } = await connect(provider);
    try {
      const id = await makeUnknown("Yes, at 9", channelId);
      expect(await look()).toBe(0);
      await send("Yes, at 10");
      expect(await look()).toBe(0);
      await send("Yes, at 9");
      const sent = simulator.outbox().at(-1)?.id ?? "";
      await test.superuser.query(
        `insert into onethread.message_statuses (business_id, channel_id, provider_message_id, status, at, received_at) values ($1, $2, $3, 'delivered', now(), now() - interval '1 day')`,
        [business.businessId, channelId, sent],
      );
      expect(await look()).toBe(1);
      expect(await stateOf(id)).toEqual({ status: "accepted", provider_message_id: sent, error_code: null });
      expect(await listed(id)).toBeUndefined();
      expect(await one("select type, data from onethread.events where subject_id = $1", id)).toEqual({
        type: "message.settled",
        data: { as: "accepted", by: "provider" },
      });
      const statuses = createStatusStore({ ...engine.services, db: engine.database.acrossBusinesses, failPoints: noFailPoints });
      await statuses.applyWaitingOnce();
      expect(await stateOf(id)).toMatchObject({ status: "delivered" });

      const twice = await makeUnknown("Thanks", channelId);
      await send("Thanks");
      await send("Thanks");
      expect(await look()).toBe(0);
      expect(await stateOf(twice)).toMatchObject({ status: "unknown" });
      // Two of ours with the same words: which of them it was, nobody can say.
      const again = [await makeUnknown("See you", channelId), await makeUnknown("See you", channelId)];
      await send("See you");
      expect(await look()).toBe(0);
      expect(await Promise.all(again.map(stateOf))).toMatchObject([{ status: "unknown" }, { status: "unknown" }]);
    } finally {
      await simulator.stop();
    }
  },
);

it("a gateway that does not tell is not asked again for a month; one that is down is", async () => {
  const { simulator, channelId } = await connect("waha");
  await simulator.stop();
  const id = await makeUnknown("Are you there?", channelId);
  expect(await look()).toBe(0);
  expect(await listed(id)).toEqual({ looks: 1, is_over: false });
  await test.superuser.query("update onethread.channels set settings = settings || jsonb_build_object('baseUrl', $2::text) where id = $1", [
    channelId,
    engine.simulator.url,
  ]);
  expect(await look()).toBe(0);
  expect(await listed(id)).toEqual({ looks: 2, is_over: true });
  expect(
    await one("select off_until > now() + interval '29 days' as is_long from onethread.channel_probes where channel_id = $1", channelId),
  ).toEqual({ is_long: true });
});

/** The platform takes it, and its answer is lost. */
async function sendLost(text: string): Promise<string> {
  engine.simulator.addFailure({ match: { path: "messages" }, respond: { drop: "after", silent: true } });
  const id = await engine.send(business, from, text);
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  expect(await stateOf(id)).toMatchObject({ status: "unknown" });
  return id;
}

it("message_history: the only message of the number that nobody knows was sent; two, or somebody else on the number, prove nothing", async () => {
  engine.simulator.config({ messageHistory: true });
  await engine.send(business, from, "first");
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  const id = await sendLost("Did you get this?");
  expect(await look()).toBe(1);
  expect(await stateOf(id)).toEqual({ status: "accepted", provider_message_id: engine.simulator.outbox().at(-1)?.id, error_code: null });

  const two = [await sendLost("one"), await sendLost("two")];
  expect(await look()).toBe(0);
  expect(await Promise.all(two.map(stateOf))).toMatchObject([{ status: "unknown" }, { status: "unknown" }]);
});

it("message_history: while somebody writes in the WhatsApp app on the number, nothing is proven", async () => {
  engine.simulator.config({ messageHistory: true });
  const id = await sendLost("Did you get this?");
  const typed =
    "update onethread.messages set author = $1, attempts = 0 where business_id = $2 and direction = 'out' and provider_message_id is not null and author = $3";
  await engine.send(business, from, "second");
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  await test.superuser.query(typed, ["human", business.businessId, "api"]);
  expect(await look()).toBe(0);
  await test.superuser.query(typed, ["api", business.businessId, "human"]);
  expect(await look()).toBe(1);
  expect(await stateOf(id)).toMatchObject({ status: "accepted" });
});

it("an account without message_history is asked once, and again after a month; the message stays unknown", async () => {
  const first = await sendLost("one");
  expect(await look()).toBe(0);
  expect(await listed(first)).toEqual({ looks: 1, is_over: true });
  engine.simulator.config({ messageHistory: true });
  const second = await sendLost("two");
  expect(await look()).toBe(0);
  expect(await listed(second)).toEqual({ looks: 1, is_over: true });
  await test.superuser.query("update onethread.channel_probes set off_until = now()");
  await test.superuser.query(
    "update onethread.messages set status = 'failed', failed_at = now(), error_code = 'over' where id = any ($1)",
    [[first, second]],
  );
  expect(await listed(second)).toBeUndefined();
  engine.simulator.reset();
  engine.simulator.config({ messageHistory: true });
  const third = await sendLost("three");
  expect(await look()).toBe(1);
  expect(await stateOf(third)).toMatchObject({ status: "accepted" });
});
