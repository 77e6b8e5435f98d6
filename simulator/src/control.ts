// Owns what may be asked of the simulator by whoever drives it; the same functions serve `/sim/…` and embedding.
// Throws InputError for wrong input and knows nothing of HTTP.
import { createBusinessEcho } from "./business-echo.ts";
import type { VirtualClock } from "./clock.ts";
import type { Customers } from "./customers.ts";
import type { Delivery, DeliveryLog } from "./delivery-log.ts";
import type { FailureRules } from "./failure-rules.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import type { DeliveryOutcome, Inbound, InboundRequest, InboundResult } from "./inbound.ts";
import {
  InputError,
  readBoolean,
  readInteger,
  readObject,
  readString,
  readUnixSeconds,
  rejectUnknownKeys,
  requireObject,
} from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { createContactsSync, createHistoryChunk } from "./number-past.ts";
import { moveThread, writeInStandby } from "./other-app.ts";
import type { Outbox, OutboxEntry, OutboxFilter } from "./outbox.ts";
import type { RateLimits } from "./rate-limits.ts";
import { changeSettings, describeSettings, webhookUrlsOf } from "./settings.ts";
import type { Settings } from "./settings.ts";
import type { StatusSchedule } from "./status-schedule.ts";
import { changeTemplate } from "./template-control.ts";
import type { TemplateStore } from "./template-store.ts";
import type { MessageTemplate } from "./default-templates.ts";
import type { Thread, Threads } from "./threads.ts";
import type { Typing, TypingIndicator } from "./typing.ts";
import { verifyWebhook } from "./verify-webhook.ts";
import type { Handshake } from "./verify-webhook.ts";
import type { StartedDelivery, WebhookDelivery } from "./webhook-delivery.ts";
import { toWire } from "./webhook-wire.ts";

export interface SentStatusResult {
  readonly messageId: string;
  readonly delivery: DeliveryOutcome;
}

export interface Control {
  /** Customers write; resolves when each webhook was answered 200 or given up, unless told otherwise. */
  readonly inbound: (request: InboundRequest) => Promise<readonly InboundResult[]>;
  readonly outbox: (filter?: OutboxFilter) => readonly OutboxEntry[];
  readonly outboxCount: (filter?: OutboxFilter) => number;
  /** The outbox as soon as this many match, or as it is when the time is up (default 10 s). */
  readonly waitForOutbox: (
    filter: OutboxFilter,
    wanted: { readonly atLeast: number; readonly waitMs?: number },
  ) => Promise<readonly OutboxEntry[]>;
  readonly clearOutbox: () => void;
  readonly deliveries: (filter?: {
    readonly limit?: number;
    readonly state?: string;
    readonly messageId?: string;
  }) => readonly Omit<Delivery, "body">[];
  /** The bytes of one delivery. */
  readonly deliveryBody: (id: string) => string;
  readonly redeliver: (id: string) => Promise<DeliveryOutcome>;
  readonly addFailure: (rule: unknown) => JsonObject;
  readonly failures: () => readonly JsonObject[];
  readonly clearFailures: () => void;
  /** A status webhook by hand, also for messages that were never sent. */
  readonly status: (request: JsonObject) => Promise<SentStatusResult>;
  /** A human of the business writes in the WhatsApp Business app; with `standby` the other app writes, and we get the copy. */
  readonly echo: (request: JsonObject) => Promise<SentStatusResult>;
  /** Another app takes a thread, gives it to us, or nobody has it any more; with its webhook, where there is one, unless `silent`. */
  readonly thread: (request: JsonObject) => Promise<{ readonly thread: Thread; readonly delivery: DeliveryOutcome | null }>;
  readonly threads: () => readonly Thread[];
  /** A chunk of the past of a number that a WhatsApp Business app brings along, or that it does not share it. */
  readonly history: (request: JsonObject) => Promise<{ readonly ids: readonly string[]; readonly delivery: DeliveryOutcome }>;
  /** What that app's address book has, or has no more. */
  readonly contacts: (request: JsonObject) => Promise<{ readonly delivery: DeliveryOutcome }>;
  /** What the platform does to a template: reviews, pauses, categories, quality, content; with its webhook unless `silent`. */
  readonly template: (request: JsonObject) => Promise<MessageTemplate>;
  readonly templates: (wabaId?: string) => readonly MessageTemplate[];
  readonly verify: () => Promise<readonly Handshake[]>;
  readonly config: (change?: JsonObject) => JsonObject;
  readonly advanceClock: (ms: number) => { readonly now: string };
  readonly typing: () => readonly TypingIndicator[];
  /** Forgets outbox, deliveries, failures, rates, typing, whose threads are and the clock's offset; customers only when told, as for templates being as at the start. */
  readonly reset: (options?: { readonly customers?: boolean; readonly templates?: boolean }) => void;
  readonly health: () => JsonObject;
}

export interface ControlDeps {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly identifiers: Identifiers;
  readonly customers: Customers;
  readonly inbound: Inbound;
  readonly outbox: Outbox;
  readonly log: DeliveryLog;
  readonly delivery: WebhookDelivery;
  readonly statuses: StatusSchedule;
  readonly rules: FailureRules;
  readonly rates: RateLimits;
  readonly typing: Typing;
  readonly templates: TemplateStore;
  readonly threads: Threads;
}

const withoutBody = ({ body, ...rest }: Delivery): Omit<Delivery, "body"> & { readonly bytes: number } => ({ ...rest, bytes: body.length });

async function outcomeOf(started: StartedDelivery): Promise<DeliveryOutcome> {
  await started.firstAttempt;
  const { id, state, attempts, tries } = started.delivery;
  const status = tries.at(-1)?.status;
  return { id, state, attempts, ...(status !== undefined && { status }) };
}

function readError(request: JsonObject, status: string): GraphProblem | undefined {
  const error = readObject(request, "error");
  if (error === undefined) return status === "failed" ? { code: 131026 } : undefined;
  rejectUnknownKeys(error, ["code", "details", "message"], '"error"');
  const [details, message] = [readString(error, "details"), readString(error, "message")];
  const code = readInteger(error, "code", { min: 0 }) ?? 131026;
  return { code, ...(details !== undefined && { details }), ...(message !== undefined && { message }) };
}

const statusKeys = ["id", "status", "to", "userId", "groupId", "phoneNumberId", "callbackData", "timestamp", "error"];

function sendStatus(deps: ControlDeps, request: JsonObject): StartedDelivery & { readonly wamid: string } {
  rejectUnknownKeys(request, statusKeys, "A status");
  const wamid = readString(request, "id");
  const status = readString(request, "status");
  if (wamid === undefined || status === undefined) throw new InputError('A status needs "id" (of the message) and "status".');
  const sent = deps.outbox.find(wamid);
  const numberId = readString(request, "phoneNumberId") ?? sent?.phoneNumberId ?? deps.settings.defaultNumber.phoneNumberId;
  const number = deps.settings.numbers.get(numberId) ?? { ...deps.settings.defaultNumber, phoneNumberId: numberId };
  const userId = readString(request, "userId") ?? sent?.recipient;
  const groupId = readString(request, "groupId");
  const phone = (readString(request, "to") ?? sent?.to)?.replace(/[+\s()-]/g, "");
  const sentData = sent?.body["biz_opaque_callback_data"];
  const problem = readError(request, status);
  const address =
    groupId !== undefined
      ? ({ kind: "group", value: groupId } as const)
      : phone !== undefined
        ? ({ kind: "phone", value: phone } as const)
        : userId === undefined
          ? undefined
          : ({ kind: "user", value: userId } as const);
  if (address === undefined)
    throw new InputError('The simulator did not send this message: say whom the status is about with "to" or "userId".');
  const timestamp = readUnixSeconds(request, "timestamp");
  const started = deps.statuses.now({
    number,
    wamid,
    status,
    address,
    customer: phone === undefined ? deps.customers.findByUserId(userId ?? "") : deps.customers.findByPhone(phone),
    callbackData: readString(request, "callbackData") ?? (typeof sentData === "string" ? sentData : undefined),
    category: "service",
    ...(timestamp !== undefined && { timestamp }),
    ...(problem !== undefined && { problem }),
  });
  return { ...started, wamid };
}

export function createControl(deps: ControlDeps): Control {
  const { settings, clock, customers, inbound, outbox, log, delivery, statuses, rules, rates, typing, templates, threads } = deps;
  const send = (webhook: JsonObject, ids: readonly string[] = []): Promise<DeliveryOutcome> =>
    outcomeOf(delivery.start({ body: toWire(webhook), ids }));
  const getDelivery = (id: string): Delivery => {
    const found = log.find(id);
    if (found === undefined) throw new InputError(`There is no delivery "${id}" in the log; GET /sim/deliveries lists them.`);
    return found;
  };
  return {
    inbound: (request) => inbound.write(request),
    outbox: (filter) => outbox.list(filter),
    outboxCount: (filter) => outbox.count(filter),
    async waitForOutbox(filter, { atLeast, waitMs = 10_000 }) {
      await outbox.waitFor(filter, { atLeast, waitMs });
      return outbox.list(filter);
    },
    clearOutbox: () => outbox.clear(),
    deliveries: (filter = {}) => log.list(filter).map(withoutBody),
    deliveryBody: (id) => getDelivery(id).body,
    redeliver(id) {
      const { body, ids } = getDelivery(id);
      return outcomeOf(delivery.start({ body, ids, repeats: id }));
    },
    addFailure(rule) {
      const { id, given } = rules.add(rule);
      return { id, ...given };
    },
    failures: () => rules.list(),
    clearFailures: () => rules.clear(),
    async status(request) {
      const started = sendStatus(deps, requireObject(request, "The request body"));
      return { messageId: started.wamid, delivery: await outcomeOf(started) };
    },
    async echo(request) {
      const { standby, ...source } = requireObject(request, "The request body");
      const isCopy = readBoolean({ standby }, "standby") === true;
      const { wamid, webhook } = isCopy ? writeInStandby(deps, source) : createBusinessEcho(deps, source);
      return { messageId: wamid, delivery: await send(webhook, [wamid]) };
    },
    async thread(request) {
      const { thread, webhook } = moveThread(deps, requireObject(request, "The request body"));
      return { thread, delivery: webhook === undefined ? null : await send(webhook) };
    },
    threads: () => threads.list(),
    async history(request) {
      const { webhook, ids } = createHistoryChunk(deps, requireObject(request, "The request body"));
      return { ids, delivery: await send(webhook, ids) };
    },
    async contacts(request) {
      return { delivery: await send(createContactsSync(deps, requireObject(request, "The request body")).webhook) };
    },
    template: (request) => changeTemplate(deps, requireObject(request, "The request body")),
    templates: (wabaId) => templates.listOf(wabaId ?? settings.defaultNumber.wabaId),
    async verify() {
      const token = settings.verifyToken;
      if (token === undefined) throw new InputError('The simulator has no verify token: set it with POST /sim/config {"verifyToken":"…"}.');
      return Promise.all(webhookUrlsOf(settings).map((url) => verifyWebhook(url, token)));
    },
    config(change) {
      if (change !== undefined) changeSettings(settings, requireObject(change, "The request body"));
      return describeSettings(settings);
    },
    advanceClock(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new InputError('"advanceMs" must be milliseconds of at least 0: time does not go back.');
      clock.advance(ms);
      return { now: clock.nowIso() };
    },
    typing: () => typing.list(),
    reset(options = {}) {
      if (readBoolean({ ...options }, "templates") === true) templates.reset();
      const forgetCustomers = readBoolean({ ...options }, "customers") ?? false;
      statuses.cancelAll();
      delivery.cancelAll();
      rules.clear();
      rates.clear();
      typing.clear();
      threads.clear();
      clock.reset();
      outbox.clear();
      log.clear();
      if (forgetCustomers) customers.forgetAll();
    },
    health: () => ({
      status: "ok",
      now: clock.nowIso(),
      accepted: outbox.count(),
      customers: customers.count(),
      deliveries: log.size(),
      pendingDeliveries: delivery.pending(),
      pendingStatuses: statuses.pending(),
      failureRules: rules.list().length,
    }),
  };
}
