// Owns: reading the settings, and the table that describes them. The only reader of process.env.
// Refuses to know: who uses a setting.

export type Role = "api" | "worker" | "scheduler";
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export type Config = {
  readonly port: number;
  readonly host: string;
  /** Absent: the embedded PostgreSQL. */
  readonly databaseUrl?: string;
  readonly logLevel: LogLevel;
  readonly logPretty: boolean;
  readonly dataDir: string;
  readonly simulatorPort: number;
  readonly roles: ReadonlySet<Role>;
  readonly graphUrl: string;
  readonly graphVersion: string;
  /** Meta app secrets; two while one replaces the other. Empty when the role `api` is not run here. */
  readonly appSecrets: readonly string[];
  readonly verifyToken?: string;
  readonly ingestConnections: number;
  readonly ingestQueue: number;
  readonly databaseConnections: number;
  readonly replyConcurrency: number;
  readonly sendConcurrency: number;
  readonly leaseMs: number;
  readonly sendTimeoutMs: number;
};

export type ConfigResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

/** What comes from the command line: `settings` win over the environment, under the same names and the same rules. */
export type ConfigOverrides = {
  readonly demo?: boolean;
  readonly settings?: Readonly<Record<string, string | undefined>>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

type Setting<T> = {
  /** As it would be written in the environment; absent: the setting may be absent. */
  readonly default?: string;
  readonly meaning: string;
  readonly expected: string;
  readonly secret?: true;
  readonly parse: (text: string) => Parsed<T>;
};

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const allRoles: readonly Role[] = ["api", "worker", "scheduler"];

/** Every setting there is. docs/settings.md is made from this table. */
export const settings = {
  PORT: setting("3000", "Port of the HTTP API and the webhooks.", port()),
  HOST: setting("127.0.0.1", "Address to listen on; 0.0.0.0 to be reachable from other machines.", hostName()),
  DATABASE_URL: secretSetting("PostgreSQL 15 or newer to use. Without it, the PostgreSQL that comes with Onethread is started in the data directory.", postgresUrl()),
  LOG_LEVEL: setting("info", "The least important log lines that are written.", oneOf(logLevels)),
  ONETHREAD_DATA_DIR: setting(".onethread", "Where the embedded PostgreSQL and demo.json live.", text("a path", /^[^\0]+$/)),
  ONETHREAD_LOG_PRETTY: setting("false", "Log lines for people instead of JSON.", flag()),
  ONETHREAD_SIMULATOR_PORT: setting("4010", "Port of the WhatsApp simulator in the demo.", port()),
  ONETHREAD_ROLES: setting("api,worker,scheduler", "What this process does.", roles()),
  ONETHREAD_GRAPH_URL: setting("https://graph.facebook.com", "Where the WhatsApp Cloud API is reached.", httpUrl()),
  ONETHREAD_GRAPH_VERSION: setting("v26.0", "Version of the Graph API to speak.", text("a version such as v26.0", /^v\d{1,3}\.\d{1,2}$/)),
  ONETHREAD_APP_SECRET: secretSetting(
    "Secret of the Meta app, which signs the webhooks; two, separated by a comma, while one replaces the other. Required for the role api outside the demo.",
    appSecrets(),
  ),
  ONETHREAD_VERIFY_TOKEN: secretSetting(
    "The token that was entered in Meta's webhook settings. Required for the role api outside the demo.",
    text("8 to 256 characters without blanks", /^\S{8,256}$/),
  ),
  ONETHREAD_INGEST_CONNECTIONS: setting("3", "Database connections that store incoming messages.", whole(1, 16)),
  ONETHREAD_INGEST_QUEUE: setting("20000", "Events that may wait to be stored before webhooks are answered 503.", whole(1, 1_000_000)),
  ONETHREAD_DATABASE_CONNECTIONS: setting("10", "Database connections for everything else.", whole(1, 500)),
  ONETHREAD_REPLY_CONCURRENCY: setting("64", "Replies that one worker composes at the same time.", whole(1, 10_000)),
  ONETHREAD_SEND_CONCURRENCY: setting("64", "Messages that one worker sends at the same time.", whole(1, 10_000)),
  ONETHREAD_LEASE_MS: setting("30000", "How long the work of a worker that died waits for another one, in milliseconds.", whole(1_000, 600_000)),
  ONETHREAD_SEND_TIMEOUT_MS: setting("15000", "How long the Cloud API may take to accept a message, in milliseconds.", whole(100, 300_000)),
} as const;

export type SettingName = keyof typeof settings;

/** Reads `process.env`; the one place where that happens. */
export function readEnvironment(): Environment {
  return process.env;
}

/** All problems at once, each a sentence that names the setting and what it should be, without secret values. */
export function readConfig(environment: Environment, overrides: ConfigOverrides = {}): ConfigResult {
  const given = { ...environment, ...definedOnly(overrides.settings ?? {}) };
  const problems = unknownNames(given);
  const get = <T>(name: SettingName, { parse }: Setting<T>): T | undefined => {
    const { default: fallback, expected, secret } = settings[name] as Setting<unknown>;
    const text = given[name]?.trim() || fallback;
    if (text === undefined) return undefined;
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    problems.push(`${name} must be ${expected}${secret === true ? "; its value is not shown here" : `, but is ${JSON.stringify(text)}`}.`);
    return undefined;
  };
  return assemble(get, { problems, isDemo: overrides.demo === true });
}
