// Owns getting a gateway's webhooks to their address under that gateway's own retry rules. Knows nothing of what the bytes say.
import { Agent, request } from "undici";
import { createPauses } from "../pauses.ts";

export interface GatewayDelivery {
  readonly event: string;
  readonly body: string;
  /** HTTP status of each attempt; 0 when there was no answer. */
  readonly attempts: number[];
  state: "pending" | "delivered" | "gave_up";
}

export interface WebhookSenderOptions {
  /** Asked before each attempt. */
  readonly webhookUrl: string | (() => string);
  /** Made anew for each attempt, of exactly these bytes. */
  readonly headers: (body: string) => Readonly<Record<string, string>>;
  readonly mayRetry: (status: number) => boolean;
  readonly maxAttempts: number;
  /** Waits before each further attempt; the last one repeats. */
  readonly retryDelaysMs: readonly number[];
}

export interface WebhookSender {
  /** Resolves when it was answered 2xx or given up. */
  readonly send: (event: string, body: unknown) => Promise<GatewayDelivery>;
  readonly deliveries: () => readonly GatewayDelivery[];
  readonly clear: () => void;
  readonly stop: () => Promise<void>;
}

export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const { pause, endAll } = createPauses();
  let deliveries: GatewayDelivery[] = [];
  let stopped = false;

  const attempt = async (body: string): Promise<number> => {
    try {
      const headers = { "content-type": "application/json", ...options.headers(body) };
      const answer = await request(urlOf(options), { dispatcher: agent, method: "POST", headers, body });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return 0;
    }
  };

  const deliver = async (delivery: GatewayDelivery): Promise<void> => {
    while (delivery.state === "pending") {
      const status = await attempt(delivery.body);
      delivery.attempts.push(status);
      if (status >= 200 && status < 300) delivery.state = "delivered";
      else if (stopped || delivery.attempts.length >= options.maxAttempts || (status !== 0 && !options.mayRetry(status))) {
        delivery.state = "gave_up";
      } else await pause(options.retryDelaysMs[Math.min(delivery.attempts.length, options.retryDelaysMs.length) - 1] ?? 0);
    }
  };

  return {
    async send(event, body) {
      const delivery: GatewayDelivery = { event, body: JSON.stringify(body), attempts: [], state: "pending" };
      deliveries.push(delivery);
      await deliver(delivery);
      return delivery;
    },
    deliveries: () => deliveries,
    clear() {
      deliveries = [];
    },
    async stop() {
      stopped = true;
      endAll();
      await agent.destroy();
    },
  };
}

function urlOf({ webhookUrl }: WebhookSenderOptions): string {
  return typeof webhookUrl === "string" ? webhookUrl : webhookUrl();
}
