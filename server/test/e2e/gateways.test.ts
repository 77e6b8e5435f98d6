// Proves that a customer of a gateway is answered as one of the Cloud API is: once, in their one thread, whatever names the gateway gives them.
import { randomUUID } from "node:crypto";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../../src/whatsapp/providers.ts";
import { eventually } from "../support/eventually.ts";
import { ANSWER, createStack, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";

describe("gateways, through real processes", () => {
  let database: TestDatabase;
  let stack: Stack;
  let api: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    stack = await createStack(database);
    api = (await stack.start("api,worker,scheduler")).url;
  });
  afterAll(async () => {
    await stack.stop();
    await database.close();
  });

  async function connect(provider: Gateway, baseUrl: string, instance: string): Promise<string> {
    const token = randomUUID();
    const made = await createTestServices({ database: database.open(), log: database.log }).channels.create({
      businessId: stack.business.businessId,
      provider,
      externalId: token,
      name: provider,
      accessToken: "gateway-key",
      webhookSecret: "webhook-secret",
      gateway: { baseUrl, instance },
    });
    expect(made.outcome).toBe("created");
    return `${api}/webhooks/${provider}/${token}`;
  }

  const answered = (simulator: GatewaySimulator, times: number) =>
    eventually(
      () => Promise.resolve(simulator.outbox().length),
      (sends) => sends >= times,
      { what: "answers through the gateway" },
    );
  const threads = (phone: string) => stack.count("select count(distinct conversation_id) from onethread.aliases where value = $1", [phone]);
  const messages = (phone: string, direction: string) =>
    stack.count(
      `select count(*) from onethread.messages m join onethread.aliases a using (business_id, conversation_id)
        where a.kind = 'phone' and a.value = $1 and m.direction = $2`,
      [phone, direction],
    );

  it.each(["before", "after"] as const)(
    "Evolution: the echo of our own answer, %s the answer of the call, joins our message",
    async (echo) => {
      let url = "";
      const simulator = await startEvolutionSimulator({
        webhookUrl: () => url,
        instance: "aurora",
        apiKey: "gateway-key",
        webhookHeaders: { apikey: "webhook-secret" },
        echo,
      });
      url = await connect("evolution", simulator.url, "aurora");
      const from = echo === "before" ? "12025550601" : "12025550602";
      await simulator.inbound({ from, text: QUESTION });
      await answered(simulator, 1);
      await simulator.settled();
      await stack.settled();
      expect(JSON.stringify(simulator.outbox())).toContain(ANSWER);
      expect(simulator.outbox()).toHaveLength(1);
      expect([await threads(from), await messages(from, "in"), await messages(from, "out")]).toEqual([1, 1, 1]);
      expect(await stack.count("select count(*) from onethread.conversations where ai_paused_at is not null")).toBe(0);
      await simulator.stop();
    },
  );

  it.each(["both", "twins", "swapped"] as const)(
    "WAHA: a customer who is named %s has one thread, and is answered once",
    async (identity) => {
      let url = "";
      const simulator = await startWahaSimulator({
        webhookUrl: () => url,
        session: "default",
        apiKey: "gateway-key",
        hmacKey: "webhook-secret",
        identity,
      });
      url = await connect("waha", simulator.url, "default");
      const from = { both: "12025550611", twins: "12025550612", swapped: "12025550613" }[identity];
      await simulator.inbound({ from, text: QUESTION });
      await answered(simulator, 1);
      await stack.settled();
      await simulator.inbound({ from, text: QUESTION });
      await answered(simulator, 2);
      await simulator.settled();
      await stack.settled();
      expect(simulator.outbox()).toHaveLength(2);
      expect([await threads(from), await messages(from, "in"), await messages(from, "out")]).toEqual([1, 2, 2]);
      await simulator.stop();
    },
  );

  it("leaves nothing broken and no complaint in the log", async () => {
    expect(await stack.audit()).toEqual([]);
    expect(stack.complaints()).toEqual([]);
  });
});
