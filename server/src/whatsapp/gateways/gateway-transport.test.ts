import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../kernel/json.ts";
import type { SendAddress } from "../send-address.ts";
import type { SendRequest, WhatsAppTransport } from "../transport.ts";
import { createGatewayHttp } from "./gateway-http.ts";
import { gatewayTransport } from "./gateway-transport.ts";

const http = createGatewayHttp({ timeoutMs: 5_000 });
const nowhere = "http://127.0.0.1:9";
const simulators: Record<"evolution" | "waha", GatewaySimulator | undefined> = { evolution: undefined, waha: undefined };

beforeAll(async () => {
  simulators.evolution = await startEvolutionSimulator({ webhookUrl: nowhere, instance: "aurora", apiKey: "key", retryDelaysMs: [0] });
  simulators.waha = await startWahaSimulator({ webhookUrl: nowhere, session: "aurora", apiKey: "key", hmacKey: "h", retryDelaysMs: [0] });
});

afterAll(async () => {
  await Promise.all([simulators.evolution?.stop(), simulators.waha?.stop()]);
  await http.close();
});

function request(content: JsonObject, to: SendAddress = { kind: "phone", value: "5547912345678" }, accessToken = "key"): SendRequest {
  return { channel: { key: "token", accessToken }, to, content, ownId: "m-1" };
}

const TEXT = { type: "text", text: { body: "Yes" } };

describe.each(["evolution", "waha"] as const)("%s", (gateway) => {
  const simulator = (): GatewaySimulator => {
    const started = simulators[gateway];
    if (started === undefined) throw new Error("not started");
    return started;
  };
  const transport = (instance = "aurora", baseUrl = simulator().url): WhatsAppTransport => {
    const made = gatewayTransport(http, gateway, { baseUrl, instance });
    if (made === undefined) throw new Error("no transport");
    return made;
  };
  const lastTo = (): string | undefined => simulator().outbox().at(-1)?.to;
  const phoneServer = gateway === "waha" ? "c.us" : "s.whatsapp.net";

  it("a text is accepted under the bare id, and its number is not rewritten", async () => {
    const outcome = await transport().sendMessage(request(TEXT));
    expect(outcome).toEqual({ outcome: "accepted", providerMessageId: simulator().outbox().at(-1)?.id });
    expect(lastTo()).toBe(`5547912345678@${phoneServer}`);
  });

  it("groups and linked ids are addressed as they are", async () => {
    await transport().sendMessage(request(TEXT, { kind: "group", value: "1203@g.us" }));
    expect(lastTo()).toBe("1203@g.us");
    expect(await transport().sendMessage(request(TEXT, { kind: "lid", value: "81203344556677" }))).toMatchObject({ outcome: "accepted" });
    expect(lastTo()).toBe("81203344556677@lid");
  });

  it.each([
    [{ type: "image", image: { link: "https://example.com/a.jpg", caption: "this" } }],
    [{ type: "document", document: { link: "https://example.com/a.pdf", filename: "a.pdf" } }],
    [{ type: "audio", audio: { link: "https://example.com/a.ogg" } }],
    [{ type: "location", location: { latitude: -25.4, longitude: -49.2, name: "Market" } }],
    [{ type: "contacts", contacts: [{ name: { formatted_name: "Leo" }, phones: [{ phone: "+1 202-555-0199" }] }] }],
  ])("%o is sent", async (content) => {
    expect(await transport().sendMessage(request(content))).toMatchObject({ outcome: "accepted" });
  });

  it.each([
    [{ type: "template", template: { name: "x" } }],
    [{ type: "interactive", interactive: { type: "button" } }],
    [{ type: "image", image: { id: "910000000000001" } }],
  ])("%o is refused here with a sentence, and nothing is sent", async (content) => {
    const before = simulator().outbox().length;
    expect(await transport().sendMessage(request(content))).toMatchObject({ outcome: "rejected", retry: "never", stopsChannel: false });
    expect(simulator().outbox()).toHaveLength(before);
  });

  it("a business-scoped user id is no address of a gateway", async () => {
    const outcome = await transport().sendMessage(request(TEXT, { kind: "user", value: "US.7Q2m9XkLp4" }));
    expect(outcome).toMatchObject({ outcome: "rejected", retry: "never" });
  });

  it("a wrong key and an unknown instance stop the channel", async () => {
    expect(await transport().sendMessage(request(TEXT, undefined, "wrong"))).toMatchObject({
      outcome: "rejected",
      stopsChannel: true,
      fault: { code: 401 },
    });
    expect(await transport("other").sendMessage(request(TEXT))).toMatchObject({
      outcome: "rejected",
      stopsChannel: true,
      fault: { code: 404 },
    });
  });

  it("an answer that never came leaves the outcome open: the message was sent", async () => {
    const before = simulator().outbox().length;
    simulator().failSends("drop", { status: 500 });
    expect(await transport().sendMessage(request(TEXT))).toMatchObject({ outcome: "uncertain" });
    expect(simulator().outbox()).toHaveLength(before + 1);
    expect(await transport().sendMessage(request(TEXT))).toMatchObject({ outcome: "uncertain" });
  });

  it("a gateway that is busy, away from WhatsApp or not there at all gets the message later", async () => {
    simulator().failSends({ status: 429 }, { status: 400, body: { response: { message: ["Error: Connection Closed"] } } });
    for (const sender of [transport(), transport(), transport("aurora", nowhere)]) {
      expect(await sender.sendMessage(request(TEXT))).toMatchObject({ outcome: "rejected", retry: "backoff", stopsChannel: false });
    }
  });

  it("a recipient without WhatsApp is final and said so", async () => {
    simulator().failSends({
      status: 400,
      body: { status: 400, response: { message: [{ jid: "1@s.whatsapp.net", exists: false, number: "1" }] } },
    });
    const outcome = await transport().sendMessage(request(TEXT));
    expect(outcome).toMatchObject({ outcome: "rejected", retry: "never", sentence: expect.stringContaining("no WhatsApp account") });
  });

  it("read and typing need the chat", async () => {
    const read = { channel: { key: "token", accessToken: "key" }, providerMessageId: "3EB0A1", typing: true };
    const user = { kind: "user", value: "US.7Q2m9XkLp4" } as const;
    expect(await transport().markRead({ ...read, chat: user })).toMatchObject({ outcome: "rejected", retry: "never" });
    const phone = { kind: "phone", value: "12025550147" } as const;
    expect(await transport().markRead({ ...read, chat: phone })).toEqual({ outcome: "accepted" });
  });
});

it("a channel without an address, or with one that is none, sends nothing", async () => {
  expect(gatewayTransport(http, "evolution", { instance: "aurora" })).toBeUndefined();
  expect(gatewayTransport(http, "waha", { baseUrl: "http://127.0.0.1:9" })).toBeUndefined();
  const outcome = await gatewayTransport(http, "baileys", { baseUrl: "file:///x" })?.sendMessage(request(TEXT));
  expect(outcome).toMatchObject({ outcome: "rejected", retry: "never" });
});
