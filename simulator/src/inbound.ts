// Owns `POST /sim/inbound`: customers write, webhooks go out as asked (copies, order, batches, concurrency), results come back.
import type { Customers } from "./customers.ts";
import type { Delivery } from "./delivery-log.ts";
import type { Identifiers } from "./identifiers.ts";
import { opensWindow } from "./inbound-message.ts";
import type { InboundPreparer, PreparedMessage } from "./inbound-message.ts";
import { InputError, isJsonObject, readBoolean, readInteger, readObject, rejectUnknownKeys, requireObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { messagesWebhook } from "./messages-webhook.ts";
import type { RawWebhooks } from "./raw-webhook.ts";
import type { StartedDelivery, WebhookDelivery } from "./webhook-delivery.ts";
import { toWire } from "./webhook-wire.ts";

export interface DeliveryOutcome {
  readonly id: string;
  readonly state: Delivery["state"];
  readonly attempts: number;
  /** HTTP status of the last attempt, when there was an answer. */
  readonly status?: number;
}

export interface InboundResult {
  readonly messageId: string;
  readonly from?: string;
  readonly userId?: string;
  readonly deliveries: readonly DeliveryOutcome[];
}

/** How webhooks are delivered. */
export interface DeliverOptions {
  /** Each webhook this many times. Default 1. */
  readonly copies?: number;
  /** In seeded random order. */
  readonly shuffle?: boolean;
  /** Messages per webhook, at most 1000. Default 1. */
  readonly batch?: number;
  /** First attempts at the same time. Default 1: in order. Retries never hold up what follows. */
  readonly concurrency?: number;
  /** Before the first delivery. */
  readonly delayMs?: number;
  /** Answer when every webhook has had its 200 or was given up. Default true. */
  readonly wait?: boolean;
  /** Then answer anyway. Default 60 000. */
  readonly waitMs?: number;
}

/** What a customer writes; every further key goes onto the message as it is. */
export interface InboundRequest {
  readonly from?: string;
  readonly text?: string | JsonObject;
  readonly phoneNumberId?: string;
  readonly userId?: string | null;
  readonly parentUserId?: string;
  readonly username?: string;
  readonly name?: string;
  readonly hidePhone?: boolean;
  readonly id?: string;
  readonly timestamp?: number | string;
  readonly type?: string;
  readonly count?: number;
  readonly groupId?: string;
  readonly messages?: readonly JsonObject[];
  readonly raw?: JsonObject;
  readonly deliver?: DeliverOptions;
  readonly [node: string]: unknown;
}

interface Webhook {
  readonly body: string;
  readonly ids: readonly string[];
}

interface DeliverPlan {
  readonly copies: number;
  readonly shuffle: boolean;
  readonly batch: number;
  readonly concurrency: number;
  readonly delayMs: number;
  readonly wait: boolean;
  readonly waitMs: number;
}

const standardPlan: DeliverPlan = { copies: 1, shuffle: false, batch: 1, concurrency: 1, delayMs: 0, wait: true, waitMs: 60_000 };

function readPlan(source: JsonObject): DeliverPlan {
  const deliver = readObject(source, "deliver");
  if (deliver === undefined) return standardPlan;
  rejectUnknownKeys(deliver, Object.keys(standardPlan), '"deliver"');
  return {
    copies: readInteger(deliver, "copies", { min: 1, max: 1000 }) ?? 1,
    shuffle: readBoolean(deliver, "shuffle") ?? false,
    batch: readInteger(deliver, "batch", { min: 1, max: 1000 }) ?? 1,
    concurrency: readInteger(deliver, "concurrency", { min: 1, max: 1000 }) ?? 1,
    delayMs: readInteger(deliver, "delayMs", { min: 0, max: 3_600_000 }) ?? 0,
    wait: readBoolean(deliver, "wait") ?? true,
    waitMs: readInteger(deliver, "waitMs", { min: 1, max: 3_600_000 }) ?? standardPlan.waitMs,
  };
}

const outcomeOf = (delivery: Delivery): DeliveryOutcome => {
  const status = delivery.tries.at(-1)?.status;
  return { id: delivery.id, state: delivery.state, attempts: delivery.attempts, ...(status !== undefined && { status }) };
};

export interface Inbound {
  /** Customers write. Throws InputError before anything is delivered. */
  readonly write: (request: unknown) => Promise<readonly InboundResult[]>;
}

export function createInbound(deps: {
  readonly identifiers: Identifiers;
  readonly customers: Customers;
  readonly preparer: InboundPreparer;
  readonly raw: RawWebhooks;
  readonly delivery: WebhookDelivery;
}): Inbound {
  const { identifiers, customers, preparer, raw, delivery } = deps;

  const shuffled = <T>(items: readonly T[]): readonly T[] =>
    items
      .map((item) => ({ item, rank: identifiers.random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);

  const prepareAll = (source: JsonObject): readonly PreparedMessage[] => {
    const { deliver: _deliver, messages, ...shared } = source;
    if (messages === undefined) return preparer.prepare(shared);
    if (!Array.isArray(messages) || messages.length === 0) throw new InputError('"messages" must be a non-empty list.');
    return messages.flatMap((item: unknown) => preparer.prepare({ ...shared, ...requireObject(item, 'Each of "messages"') }));
  };

  const record = ({ customer, number, wamid, message }: PreparedMessage): void => {
    if (isJsonObject(message["referral"]) && message["referral"]["source_type"] === "ad")
      customer.cameByAdAtMs.set(number.phoneNumberId, Number(message["timestamp"]) * 1000);
    customers.recordMessage({
      customer,
      phoneNumberId: number.phoneNumberId,
      wamid,
      atMs: Number(message["timestamp"]) * 1000,
      opensWindow: opensWindow(message["type"]),
    });
  };

  const webhooksOf = (messages: readonly PreparedMessage[], batch: number): readonly Webhook[] => {
    const webhooks: Webhook[] = [];
    for (let start = 0; start < messages.length; start += batch) {
      const slice = messages.slice(start, start + batch);
      webhooks.push({ body: toWire(messagesWebhook(slice)), ids: slice.map((prepared) => prepared.wamid) });
    }
    return webhooks;
  };

  const deliverAll = async (webhooks: readonly Webhook[], plan: DeliverPlan, started: StartedDelivery[]): Promise<void> => {
    const copied = plan.copies === 1 ? webhooks : webhooks.flatMap((webhook) => Array.from({ length: plan.copies }, () => webhook));
    const queue = plan.shuffle ? shuffled(copied) : copied;
    if (plan.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, plan.delayMs));
    let next = 0;
    const runOne = async (): Promise<void> => {
      for (let webhook = queue[next++]; webhook !== undefined; webhook = queue[next++]) {
        const one = delivery.start(webhook);
        started.push(one);
        await one.firstAttempt;
      }
    };
    await Promise.all(Array.from({ length: Math.min(plan.concurrency, queue.length) }, runOne));
    await Promise.all(started.map((one) => one.settled));
  };

  /** The work, waited for no longer than the limit; the work itself continues. */
  const atMost = async (work: Promise<void>, limitMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([work, limit]);
    clearTimeout(timer);
  };

  return {
    async write(request) {
      const source = requireObject(request, "The request body");
      const plan = readPlan(source);
      const rawBody = source["raw"];
      const messages = rawBody === undefined ? prepareAll(source) : [];
      const webhooks = rawBody === undefined ? webhooksOf(messages, plan.batch) : [raw.prepare(requireObject(rawBody, '"raw"'))];
      messages.forEach(record);
      const started: StartedDelivery[] = [];
      const work = deliverAll(webhooks, plan, started);
      if (plan.wait) await atMost(work, plan.delayMs + plan.waitMs);
      const byMessage = new Map<string, Delivery[]>();
      for (const { delivery: made } of started) for (const id of made.ids) byMessage.set(id, [...(byMessage.get(id) ?? []), made]);
      const deliveriesOf = (id: string): readonly DeliveryOutcome[] => (byMessage.get(id) ?? []).map(outcomeOf);
      if (rawBody !== undefined) {
        const ids = webhooks.flatMap((webhook) => webhook.ids);
        if (ids.length === 0) return [{ messageId: "", deliveries: started.map((one) => outcomeOf(one.delivery)) }];
        return ids.map((messageId) => ({ messageId, deliveries: deliveriesOf(messageId) }));
      }
      return messages.map(({ wamid, customer }) => ({
        messageId: wamid,
        ...(customer.phone !== undefined && { from: customer.phone }),
        ...(customer.userId !== undefined && { userId: customer.userId }),
        deliveries: deliveriesOf(wamid),
      }));
    },
  };
}
