// Owns when statuses go out: what is due at the same moment shares a webhook, as on the platform. Knows nothing of sending rules.
import type { VirtualClock } from "./clock.ts";
import type { Outbox } from "./outbox.ts";
import type { StatusNotice } from "./status-webhook.ts";
import { statusesWebhook } from "./status-webhook.ts";
import type { StartedDelivery, WebhookDelivery } from "./webhook-delivery.ts";
import { toWire } from "./webhook-wire.ts";

export type PlannedStatus = Omit<StatusNotice, "timestamp">;

export interface StatusSchedule {
  /** Sends it after the delay, perhaps together with others. */
  readonly after: (delayMs: number, planned: PlannedStatus) => void;
  /** Sends it now, alone. */
  readonly now: (planned: PlannedStatus & { readonly timestamp?: string }) => StartedDelivery;
  readonly pending: () => number;
  readonly cancelAll: () => void;
}

const tickMs = 5;
const statusesPerWebhook = 100;

export function createStatusSchedule(deps: {
  readonly clock: VirtualClock;
  readonly outbox: Outbox;
  readonly delivery: WebhookDelivery;
}): StatusSchedule {
  const { clock, outbox, delivery } = deps;
  const ticks = new Map<number, { readonly timer: NodeJS.Timeout; readonly planned: PlannedStatus[] }>();

  const send = (planned: readonly (PlannedStatus & { readonly timestamp?: string })[]): StartedDelivery => {
    const timestamp = clock.nowSeconds();
    const at = clock.nowIso();
    const notices = planned.map((one) => ({ ...one, timestamp: one.timestamp ?? timestamp }));
    for (const { wamid, status } of planned) outbox.find(wamid)?.statuses.push({ status, at });
    return delivery.start({ body: toWire(statusesWebhook(notices)), ids: planned.map((one) => one.wamid) });
  };

  const flush = (tick: number): void => {
    const due = ticks.get(tick)?.planned ?? [];
    ticks.delete(tick);
    for (let start = 0; start < due.length; start += statusesPerWebhook) send(due.slice(start, start + statusesPerWebhook));
  };

  return {
    after(delayMs, planned) {
      const now = performance.now();
      const tick = Math.ceil((now + delayMs) / tickMs);
      const waiting = ticks.get(tick);
      if (waiting !== undefined) waiting.planned.push(planned);
      else ticks.set(tick, { timer: setTimeout(() => flush(tick), tick * tickMs - now), planned: [planned] });
    },
    now: (planned) => send([planned]),
    pending: () => [...ticks.values()].reduce((sum, tick) => sum + tick.planned.length, 0),
    cancelAll() {
      for (const { timer } of ticks.values()) clearTimeout(timer);
      ticks.clear();
    },
  };
}
