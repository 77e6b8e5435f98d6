// Owns getting bytes to the webhook URL: signature, connections, retries until 200. Knows nothing of what the bytes say.
import { Agent, request } from "undici";
import type { VirtualClock } from "./clock.ts";
import type { Delivery, DeliveryLog, DeliveryTry } from "./delivery-log.ts";
import type { Identifiers } from "./identifiers.ts";
import { createPauses } from "./pauses.ts";
import type { Settings } from "./settings.ts";
import { webhookUrlsOf } from "./settings.ts";
import { signatureOf } from "./webhook-wire.ts";

export interface StartedDelivery {
  readonly delivery: Delivery;
  /** Settles when the first attempt has an outcome. */
  readonly firstAttempt: Promise<void>;
  /** Settles when it was answered 200, given up or cancelled. */
  readonly settled: Promise<void>;
}

export interface WebhookDelivery {
  readonly start: (webhook: { readonly body: string; readonly ids: readonly string[]; readonly repeats?: string }) => StartedDelivery;
  /** Ends every retry that waits; what is on its way is not tried again. */
  readonly cancelAll: () => void;
  readonly pending: () => number;
  readonly stop: () => Promise<void>;
}

export function createWebhookDelivery(deps: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly identifiers: Identifiers;
  readonly log: DeliveryLog;
}): WebhookDelivery {
  const { settings, clock, identifiers, log } = deps;
  const agent = new Agent({
    connections: settings.connections,
    pipelining: 1,
    headersTimeout: settings.attemptTimeoutMs,
    bodyTimeout: settings.attemptTimeoutMs,
    connectTimeout: settings.attemptTimeoutMs,
  });
  const { pause, endAll } = createPauses();
  let epoch = 0;
  let pending = 0;
  let turn = 0;
  let stopped = false;

  const attempt = async (body: string): Promise<DeliveryTry> => {
    const urls = webhookUrlsOf(settings);
    const url = urls[turn++ % Math.max(urls.length, 1)];
    const at = clock.nowIso();
    if (url === undefined) return { at, url: "", ms: 0, error: "no webhook URL is set yet" };
    const startedAt = performance.now();
    try {
      const response = await request(url, {
        dispatcher: agent,
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "facebookexternalua",
          "x-hub-signature-256": signatureOf(settings.appSecret, body),
        },
        body,
      });
      await response.body.dump();
      return { at, url, ms: Math.round(performance.now() - startedAt), status: response.statusCode };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { at, url, ms: Math.round(performance.now() - startedAt), error: message };
    }
  };

  const attemptOnce = async (delivery: Delivery): Promise<void> => {
    const outcome = await attempt(delivery.body);
    delivery.attempts += 1;
    delivery.tries.push(outcome);
    if (delivery.tries.length > 20) delivery.tries.shift();
    if (outcome.status === 200) delivery.state = "delivered";
    else if (delivery.attempts >= settings.maxAttempts) delivery.state = "gave_up";
  };

  const retryUntilSettled = async (delivery: Delivery, startedIn: number): Promise<void> => {
    while (delivery.state === "pending") {
      const delays = settings.retryDelaysMs;
      const delayMs = delays[Math.min(delivery.attempts - 1, delays.length - 1)] ?? 0;
      if (epoch === startedIn && delayMs > 0) await pause(delayMs);
      if (epoch === startedIn) await attemptOnce(delivery);
      else delivery.state = "cancelled";
    }
    pending -= 1;
  };

  const cancelAll = (): void => {
    epoch += 1;
    endAll();
  };

  return {
    start({ body, ids, repeats }) {
      const delivery: Delivery = {
        id: identifiers.deliveryId(),
        ids,
        body,
        createdAt: clock.nowIso(),
        ...(repeats !== undefined && { repeats }),
        state: stopped ? "cancelled" : "pending",
        attempts: 0,
        tries: [],
      };
      log.add(delivery);
      if (stopped) return { delivery, firstAttempt: Promise.resolve(), settled: Promise.resolve() };
      pending += 1;
      const startedIn = epoch;
      const firstAttempt = attemptOnce(delivery);
      return { delivery, firstAttempt, settled: firstAttempt.then(() => retryUntilSettled(delivery, startedIn)) };
    },
    cancelAll,
    pending: () => pending,
    async stop() {
      stopped = true;
      cancelAll();
      await agent.destroy();
    },
  };
}
