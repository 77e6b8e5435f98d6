// Owns one simulator with its own receiver per test, and short ways to call its HTTP faces.
import { onTestFinished } from "vitest";
import { startSimulator } from "../src/index.ts";
import type { Simulator, SimulatorOptions } from "../src/index.ts";
import { isJsonObject } from "../src/json-object.ts";
import type { JsonObject } from "../src/json-object.ts";
import { startWebhookReceiver } from "./webhook-receiver.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

export const phoneNumberId = "200000000000001";
export const wabaId = "300000000000001";
export const ana = "12025550147";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: JsonObject;
}

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

export interface SimulatorUnderTest {
  readonly simulator: Simulator;
  readonly receiver: WebhookReceiver;
  readonly call: Call;
  /** With another bearer token; none when it is empty. */
  readonly callAs: (token: string) => Call;
  /** Sends through the Graph API; messaging_product is added. */
  readonly send: (body: JsonObject) => Promise<Answer>;
}

export const textTo = (to: string, body = "Yes, 8 to 14 h"): JsonObject => ({ to: `+${to}`, type: "text", text: { body } });

/** Reads a path such as "error.code" or "messages.0.id". */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isJsonObject(inner) ? inner[key] : undefined;
  }, value);
}

export async function startUnderTest(options: Partial<SimulatorOptions> = {}): Promise<SimulatorUnderTest> {
  const receiver = await startWebhookReceiver();
  const simulator = await startSimulator({ port: 0, webhookUrl: receiver.url, appSecret: "demo-app-secret", statusDelayMs: 1, ...options });
  onTestFinished(async () => {
    await simulator.stop();
    await receiver.stop();
  });
  const callAs =
    (token: string): Call =>
    async (method, path, body) => {
      const response = await fetch(`${simulator.url}${path}`, {
        method,
        headers: {
          ...(token !== "" && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const json: unknown = await response.json();
      return { status: response.status, headers: response.headers, json: isJsonObject(json) ? json : {} };
    };
  const call = callAs("a-token");
  return {
    simulator,
    receiver,
    call,
    callAs,
    send: (body) => call("POST", `/v26.0/${phoneNumberId}/messages`, { messaging_product: "whatsapp", ...body }),
  };
}
