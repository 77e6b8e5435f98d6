// Owns what the simulator is told to do: the options it starts with and what may change while it runs.
import { InputError, readBoolean, readInteger, readObject, readOneOf, readString, rejectUnknownKeys } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

export const statusLevels = ["none", "sent", "delivered", "read"] as const;
export type StatusLevel = (typeof statusLevels)[number];

export interface BusinessNumber {
  readonly phoneNumberId: string;
  readonly displayPhoneNumber: string;
  readonly wabaId: string;
  readonly verifiedName?: string;
  /** Anything but CONNECTED (the default) makes sends fail with 133010. */
  readonly status?: string;
  /** The level of its throughput: STANDARD (the default), HIGH, NOT_APPLICABLE. */
  readonly throughput?: string;
  /** The WhatsApp Business app uses it too. Absent: it is not said. */
  readonly isOnApp?: boolean;
}

/** One message per `intervalMs` to one customer, `burst` at once. The real platform: 6000 and 45. */
export interface PairRate {
  readonly burst: number;
  readonly intervalMs: number;
}

export const threadRoles = ["ai_agent", "ctwa", "customer_service", "escalation", "marketing", "utility"] as const;
export type ThreadRole = (typeof threadRoles)[number];

/** Another app, or agent, answers on the numbers too. */
export interface Routing {
  /** Ours. The app that people are handed over to (`escalation`) may take threads. */
  readonly role: ThreadRole;
  /** Who gets the messages of a thread that nobody has. */
  readonly primary: "us" | "other";
}

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Further names by which it may be asked for. Addresses, localhost and names without a dot always may; others could be a stranger's. */
  readonly allowedHosts?: readonly string[];
  /** Default 4010; 0 takes any free port. */
  readonly port?: number;
  /** Where webhooks go. A list is served round-robin; a function is asked before each attempt. */
  readonly webhookUrl: string | readonly string[] | (() => string | readonly string[]);
  /** Signs the webhooks. */
  readonly appSecret: string;
  /** When set, only this bearer token is accepted; else any non-empty one. */
  readonly accessToken?: string;
  /** Sent in the handshake of `POST /sim/verify`. */
  readonly verifyToken?: string;
  readonly numbers?: readonly BusinessNumber[];
  /** Which statuses follow an accepted send: all up to this one. Default "read". */
  readonly statuses?: StatusLevel;
  /** Between acceptance and each following status. Default 10. */
  readonly statusDelayMs?: number;
  /** The 24 h window: true (default) refuses at once with 131047, "async" accepts and then fails, false does not check. */
  readonly windowCheck?: boolean | "async";
  /** Code 131056 beyond it. Default off. */
  readonly pairRate?: PairRate;
  /** Sends per second and number, code 130429 beyond it. The real platform: 80. Default off. */
  readonly throughput?: number;
  /** Whether new and edited templates are approved after `statusDelayMs` ("approve", the default) or wait for the control API ("manual"). */
  readonly templateReview?: TemplateReview;
  /** Templates per account, 2388019 beyond it. Default 250. */
  readonly templateLimit?: number;
  /** What accounts say of their access to `/marketing_messages`. Default "NOT_ONBOARDED"; "ONBOARDED" opens it. */
  readonly marketingMessages?: string;
  /** Whether the account has the edge message_history. Default false. */
  readonly messageHistory?: boolean;
  /** Whether `/messages` takes marketing templates; else 131063. Default true. */
  readonly marketingOnMessages?: boolean;
  /** Whether other apps answer on the numbers too. Default: none, and `/thread_control` is refused. */
  readonly routing?: Routing;
  /** Whether the accounts have Direct Send: "open", "none" (100, the default) or "blocked" (139200). */
  readonly directSend?: DirectSendAccess;
  /** Whether content may be sent beyond the 24 h in the free conversation that an ad began: the platform does not say. Default false. */
  readonly entryWindowOpens?: boolean;
  /** Give every customer a business-scoped user id in webhooks, as the platform does. Default true. */
  readonly userIds?: boolean;
  /** Waits before each further attempt; the last one repeats. Default 0, 200, 1000, 2000, 4000, 8000, 10000 ms. */
  readonly retryDelaysMs?: readonly number[];
  /** Attempts per webhook before it is given up. Default 100. */
  readonly maxAttempts?: number;
  /** How long an answer to one webhook may take. Default 30 000. */
  readonly attemptTimeoutMs?: number;
  /** Upper limit of connections to the webhook URL. Default 256. */
  readonly connections?: number;
  /** Distinguishes the ids of this run. Default: start time and randomness; give one only for reproducible ids. */
  readonly stamp?: string;
  readonly seed?: number;
  /** A file that remembers customers and their messages across restarts, so that windows stay open. Default: memory only. */
  readonly stateFile?: string;
}

export const templateReviews = ["approve", "manual"] as const;
export type TemplateReview = (typeof templateReviews)[number];

export const directSendAccesses = ["none", "open", "blocked"] as const;
export type DirectSendAccess = (typeof directSendAccesses)[number];

export interface Settings {
  webhookUrl: SimulatorOptions["webhookUrl"];
  appSecret: string;
  accessToken: string | undefined;
  verifyToken: string | undefined;
  statuses: StatusLevel;
  statusDelayMs: number;
  windowCheck: boolean | "async";
  pairRate: PairRate | undefined;
  throughput: number | undefined;
  templateReview: TemplateReview;
  templateLimit: number;
  marketingMessages: string;
  messageHistory: boolean;
  marketingOnMessages: boolean;
  routing: Routing | undefined;
  directSend: DirectSendAccess;
  entryWindowOpens: boolean;
  userIds: boolean;
  retryDelaysMs: readonly number[];
  maxAttempts: number;
  readonly attemptTimeoutMs: number;
  readonly connections: number;
  readonly numbers: ReadonlyMap<string, BusinessNumber>;
  readonly defaultNumber: BusinessNumber;
}

const demoNumber: BusinessNumber = {
  phoneNumberId: "200000000000001",
  displayPhoneNumber: "15550100200",
  wabaId: "300000000000001",
  verifiedName: "Aurora",
};

export function createSettings(options: SimulatorOptions): Settings {
  const numbers = options.numbers ?? [demoNumber];
  const [defaultNumber] = numbers;
  if (defaultNumber === undefined) throw new InputError("numbers is empty: the simulator needs at least one business number.");
  if (options.appSecret === "") throw new InputError("appSecret is empty: webhooks cannot be signed without it.");
  return {
    webhookUrl: options.webhookUrl,
    appSecret: options.appSecret,
    accessToken: options.accessToken,
    verifyToken: options.verifyToken,
    statuses: options.statuses ?? "read",
    statusDelayMs: options.statusDelayMs ?? 10,
    windowCheck: options.windowCheck ?? true,
    pairRate: options.pairRate,
    throughput: options.throughput,
    templateReview: options.templateReview ?? "approve",
    templateLimit: options.templateLimit ?? 250,
    marketingMessages: options.marketingMessages ?? "NOT_ONBOARDED",
    messageHistory: options.messageHistory ?? false,
    marketingOnMessages: options.marketingOnMessages ?? true,
    routing: options.routing,
    directSend: options.directSend ?? "none",
    entryWindowOpens: options.entryWindowOpens ?? false,
    userIds: options.userIds ?? true,
    retryDelaysMs: options.retryDelaysMs ?? [0, 200, 1000, 2000, 4000, 8000, 10_000],
    maxAttempts: options.maxAttempts ?? 100,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
    connections: options.connections ?? 256,
    numbers: new Map(numbers.map((number) => [number.phoneNumberId, number])),
    defaultNumber,
  };
}

const changeableKeys = [
  "webhookUrl",
  "appSecret",
  "accessToken",
  "verifyToken",
  "statuses",
  "statusDelayMs",
  "windowCheck",
  "pairRate",
  "throughput",
  "templateReview",
  "templateLimit",
  "marketingMessages",
  "messageHistory",
  "marketingOnMessages",
  "routing",
  "directSend",
  "entryWindowOpens",
  "userIds",
  "retryDelaysMs",
  "maxAttempts",
];

function requireUrl(value: unknown): string {
  if (typeof value !== "string" || !URL.canParse(value) || !/^https?:/.test(value)) {
    throw new InputError('"webhookUrl" must be an http or https URL, or a list of them.');
  }
  return value;
}

function readWebhookUrl(change: JsonObject): string | readonly string[] | undefined {
  const value = change["webhookUrl"];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return requireUrl(value);
  if (value.length === 0) throw new InputError('"webhookUrl" is an empty list.');
  return value.map(requireUrl);
}

function readWindowCheck(change: JsonObject): boolean | "async" | undefined {
  return change["windowCheck"] === "async" ? "async" : readBoolean(change, "windowCheck");
}

function readPairRate(change: JsonObject, current: PairRate | undefined): PairRate | undefined {
  if (change["pairRate"] === undefined) return current;
  const pairRate = readObject(change, "pairRate");
  if (pairRate === undefined) return undefined;
  rejectUnknownKeys(pairRate, ["burst", "intervalMs"], '"pairRate"');
  return { burst: readInteger(pairRate, "burst", { min: 1 }) ?? 45, intervalMs: readInteger(pairRate, "intervalMs", { min: 1 }) ?? 6000 };
}

function readRouting(change: JsonObject, current: Routing | undefined): Routing | undefined {
  if (change["routing"] === undefined) return current;
  const routing = readObject(change, "routing");
  if (routing === undefined) return undefined;
  rejectUnknownKeys(routing, ["role", "primary"], '"routing"');
  return {
    role: readOneOf(routing, "role", threadRoles) ?? "customer_service",
    primary: readOneOf(routing, "primary", ["us", "other"]) ?? "us",
  };
}

function readRetryDelays(change: JsonObject): readonly number[] | undefined {
  const value = change["retryDelaysMs"];
  if (value === undefined || value === null) return undefined;
  const isDelay = (item: unknown): item is number => typeof item === "number" && Number.isFinite(item) && item >= 0;
  if (!Array.isArray(value) || value.length === 0 || !value.every(isDelay)) {
    throw new InputError('"retryDelaysMs" must be a non-empty list of milliseconds.');
  }
  return value;
}

/** Applies a change all at once: either every key is valid and holds from now on, or nothing changes. */
export function changeSettings(settings: Settings, change: JsonObject): void {
  rejectUnknownKeys(change, changeableKeys, "The configuration");
  const next: Partial<Settings> = {
    webhookUrl: readWebhookUrl(change) ?? settings.webhookUrl,
    appSecret: readString(change, "appSecret") ?? settings.appSecret,
    accessToken: change["accessToken"] === null ? undefined : (readString(change, "accessToken") ?? settings.accessToken),
    verifyToken: readString(change, "verifyToken") ?? settings.verifyToken,
    statuses: readOneOf(change, "statuses", statusLevels) ?? settings.statuses,
    statusDelayMs: readInteger(change, "statusDelayMs", { min: 0, max: 3_600_000 }) ?? settings.statusDelayMs,
    windowCheck: readWindowCheck(change) ?? settings.windowCheck,
    pairRate: readPairRate(change, settings.pairRate),
    throughput: change["throughput"] === null ? undefined : (readInteger(change, "throughput", { min: 1 }) ?? settings.throughput),
    templateReview: readOneOf(change, "templateReview", templateReviews) ?? settings.templateReview,
    templateLimit: readInteger(change, "templateLimit", { min: 0 }) ?? settings.templateLimit,
    marketingMessages: readString(change, "marketingMessages") ?? settings.marketingMessages,
    messageHistory: readBoolean(change, "messageHistory") ?? settings.messageHistory,
    marketingOnMessages: readBoolean(change, "marketingOnMessages") ?? settings.marketingOnMessages,
    routing: readRouting(change, settings.routing),
    directSend: readOneOf(change, "directSend", directSendAccesses) ?? settings.directSend,
    entryWindowOpens: readBoolean(change, "entryWindowOpens") ?? settings.entryWindowOpens,
    userIds: readBoolean(change, "userIds") ?? settings.userIds,
    retryDelaysMs: readRetryDelays(change) ?? settings.retryDelaysMs,
    maxAttempts: readInteger(change, "maxAttempts", { min: 1 }) ?? settings.maxAttempts,
  };
  Object.assign(settings, next);
}

/** The URLs as they stand now; empty while they are not known yet. */
export function webhookUrlsOf(settings: Settings): readonly string[] {
  const value = typeof settings.webhookUrl === "function" ? settings.webhookUrl() : settings.webhookUrl;
  const urls = typeof value === "string" ? [value] : value;
  return urls.filter((url) => url !== "");
}

/** What may be shown of the settings: no secrets. */
export function describeSettings(settings: Settings): JsonObject {
  return {
    webhookUrl: webhookUrlsOf(settings),
    statuses: settings.statuses,
    statusDelayMs: settings.statusDelayMs,
    windowCheck: settings.windowCheck,
    pairRate: settings.pairRate ?? null,
    throughput: settings.throughput ?? null,
    templateReview: settings.templateReview,
    templateLimit: settings.templateLimit,
    marketingMessages: settings.marketingMessages,
    messageHistory: settings.messageHistory,
    marketingOnMessages: settings.marketingOnMessages,
    routing: settings.routing ?? null,
    directSend: settings.directSend,
    entryWindowOpens: settings.entryWindowOpens,
    userIds: settings.userIds,
    retryDelaysMs: settings.retryDelaysMs,
    maxAttempts: settings.maxAttempts,
    numbers: [...settings.numbers.values()],
  };
}
