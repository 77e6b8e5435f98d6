// Owns: reading the settings, and the table that describes them. The only reader of process.env.
// Refuses to know: who uses a setting.

import { findNearest } from "./find-nearest.ts";
import { hosts, httpUrl, oneOf, postgresUrl, secrets, someOf, text, wholeNumber, yesOrNo, type Kind } from "./setting-kinds.ts";

export const roles = ["api", "worker", "scheduler"] as const;
export type Role = (typeof roles)[number];

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export type ConfigResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

export type ConfigOverrides = {
  /** Only "serve" asks for the secrets of the role api: the demo makes its own, and tools such as `migrate` need none. */
  readonly purpose?: "serve" | "demo" | "tool";
  /** From the command line: same names and rules as in the environment, and stronger than it. */
  readonly settings?: Environment;
};

interface Described {
  readonly name: string;
  readonly meaning: string;
  readonly isSecret: boolean;
}

/** Has a value always; the default is as it would be written in the environment. */
type Setting<T> = Kind<T> & Described & { readonly default: string };
/** Has no value unless it is set; a secret mostly. */
type Secret<T> = Kind<T> & Described;

/** Every setting there is, and what Config is made of. docs/settings.md is compared with this table. */
export const settings = {
  port: setting(["PORT", "3000"], "Port of the API and the webhooks; 0 picks a free one.", wholeNumber(0, 65_535)),
  host: setting(
    ["HOST", "127.0.0.1"],
    "Address to listen on; `0.0.0.0` to be reachable from other machines.",
    text("a host name or address", /^[\w.:-]+$/),
  ),
  databaseUrl: secret("DATABASE_URL", "PostgreSQL 15 or newer. Without it, Onethread starts its own in the data directory.", postgresUrl()),
  logLevel: setting(["LOG_LEVEL", "info"], "The least important log lines that are written.", oneOf(logLevels)),
  logPretty: setting(["ONETHREAD_LOG_PRETTY", "false"], "Log lines for people instead of JSON.", yesOrNo()),
  dataDir: setting(
    ["ONETHREAD_DATA_DIR", ".onethread"],
    "Directory of the embedded PostgreSQL and of `demo.json`.",
    text("a path", /^[^\0]+$/),
  ),
  simulatorHost: setting(
    ["ONETHREAD_SIMULATOR_HOST", "127.0.0.1"],
    "Address on which the simulator of the demo listens, whatever `HOST` says: whoever reaches it writes as any customer.",
    text("a host name or address", /^[\w.:-]+$/),
  ),
  simulatorPort: setting(
    ["ONETHREAD_SIMULATOR_PORT", "4010"],
    "Port of the WhatsApp simulator in the demo; 0 picks a free one.",
    wholeNumber(0, 65_535),
  ),
  roles: setting(["ONETHREAD_ROLES", "api,worker,scheduler"], "What this process does.", someOf(roles)),
  graphUrl: setting(["ONETHREAD_GRAPH_URL", "https://graph.facebook.com"], "Where the WhatsApp Cloud API is reached.", httpUrl()),
  graphVersion: setting(
    ["ONETHREAD_GRAPH_VERSION", "v26.0"],
    "Version of the Graph API to speak.",
    text("a version such as v26.0", /^v\d{1,3}\.\d{1,2}$/),
  ),
  metaAppId: optional(
    "ONETHREAD_META_APP_ID",
    "Id of the Meta app whose access tokens the channels have: examples of templates' headers are uploaded to it. Without it WhatsApp is asked.",
    text("5 to 32 digits", /^\d{5,32}$/),
  ),
  appSecrets: secret(
    "ONETHREAD_APP_SECRET",
    "Secret of the Meta app, which signs the webhooks; two, separated by a comma, while one replaces the other. Required for the role `api`, except in the demo.",
    secrets(2),
  ),
  verifyToken: secret(
    "ONETHREAD_VERIFY_TOKEN",
    "The token that was entered in Meta's webhook settings. Required for the role `api`, except in the demo.",
    text("8 to 256 characters without blanks", /^\S{8,256}$/),
  ),
  ingestConnections: setting(["ONETHREAD_INGEST_CONNECTIONS", "3"], "Database connections that store what comes in.", wholeNumber(1, 16)),
  ingestQueue: setting(
    ["ONETHREAD_INGEST_QUEUE", "20000"],
    "Events that may wait to be stored; beyond that, webhooks are answered 503.",
    wholeNumber(1, 1_000_000),
  ),
  waitingBodiesMb: setting(
    ["ONETHREAD_WAITING_BODIES_MB", "256"],
    "Megabytes of request bodies that may be held until they are answered; beyond that, large ones are answered 503.",
    wholeNumber(64, 65_536),
  ),
  databaseConnections: setting(["ONETHREAD_DATABASE_CONNECTIONS", "10"], "Database connections for everything else.", wholeNumber(1, 500)),
  replyConcurrency: setting(
    ["ONETHREAD_REPLY_CONCURRENCY", "1000"],
    "Replies that one worker has under way at the same time, of one business half of them at most, unless it has a number of its own. One that waits for a model holds no database connection.",
    wholeNumber(1, 10_000),
  ),
  sendConcurrency: setting(
    ["ONETHREAD_SEND_CONCURRENCY", "512"],
    "Messages that one worker sends at the same time, of one business half of them at most. One that waits for the platform holds no database connection.",
    wholeNumber(1, 10_000),
  ),
  leaseMs: setting(
    ["ONETHREAD_LEASE_MS", "30000"],
    "Milliseconds until another worker takes over from one that died.",
    wholeNumber(100, 600_000),
  ),
  sendTimeoutMs: setting(
    ["ONETHREAD_SEND_TIMEOUT_MS", "15000"],
    "Milliseconds that the Cloud API may take to accept a message.",
    wholeNumber(100, 300_000),
  ),
  mediaDir: optional(
    "ONETHREAD_MEDIA_DIR",
    "Directory of the files that come with messages; without it, `media` in the data directory. Several machines need one that they share, or S3.",
    text("a path", /^[^\0]+$/),
  ),
  mediaHosts: setting(
    ["ONETHREAD_MEDIA_HOSTS", "lookaside.fbsbx.com"],
    "Hosts that the access token of a number is sent to for its files, by https, besides the Cloud API's own.",
    hosts(),
  ),
  scanner: optional(
    "ONETHREAD_CLAMD",
    "Virus scanner (clamd) that looks at every file before it is kept; while it cannot be asked, files wait. None: nobody looks.",
    text("a host with a port, such as clamav:3310", /^(?:[\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i),
  ),
  s3Url: optional(
    "ONETHREAD_S3_URL",
    "Keeps the files in an S3 bucket instead: its address, with a prefix where it should have one, such as https://s3.eu-central-1.amazonaws.com/bucket.",
    httpUrl(),
  ),
  s3Region: setting(["ONETHREAD_S3_REGION", "us-east-1"], "Region of the bucket.", text("a region", /^[\w-]{1,64}$/)),
  s3KeyId: secret("ONETHREAD_S3_KEY_ID", "Access key of the bucket.", text("an access key", /^\S{1,256}$/)),
  s3Secret: secret("ONETHREAD_S3_SECRET", "Secret of that key.", text("a secret key", /^\S{1,256}$/)),
  privateHosts: setting(
    ["ONETHREAD_PRIVATE_HOSTS", ""],
    "Hosts inside your own network that a business may name all the same, for its model, its agent, its tools and its pages: `host` or `host:port`, IPv6 in brackets; `*`: all. None: the public internet only.",
    hosts(),
  ),
} as const;

type Settings = typeof settings;
type KeyWithDefault = { [Key in keyof Settings]: Settings[Key] extends { readonly default: string } ? Key : never }[keyof Settings];
type ValueOf<Key extends keyof Settings> = Settings[Key] extends Kind<infer Value> ? Value : never;

export type Config = { readonly [Key in KeyWithDefault]: ValueOf<Key> } & {
  readonly [Key in Exclude<keyof Settings, KeyWithDefault>]?: ValueOf<Key>;
};

/** The one place where process.env is read. */
export function readEnvironment(): Environment {
  return process.env;
}

/** Finds all problems at once; each is a sentence that names the setting and what is expected, and never shows a secret. */
export function readConfig(environment: Environment, overrides: ConfigOverrides = {}): ConfigResult {
  const fromCommandLine = Object.fromEntries(Object.entries(overrides.settings ?? {}).filter(([, value]) => value !== undefined));
  const given: Environment = { ...environment, ...fromCommandLine };
  const values = readValues(given);
  const missing = (overrides.purpose ?? "serve") === "serve" && values.config.roles.has("api") ? missingSecrets(given) : [];
  const problems = [...unknownNames(given), ...values.problems, ...missing];
  return problems.length === 0 ? { ok: true, config: values.config } : { ok: false, problems };
}

function readValues(given: Environment): { readonly config: Config; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const read = (wanted: Setting<unknown> | Secret<unknown>): unknown => {
    const written = textOf(given, wanted.name);
    if (written === undefined) return defaultOf(wanted);
    const parsed = wanted.parse(written);
    if (parsed.ok) return parsed.value;
    const shown = wanted.isSecret ? "what it is set to (not shown, it is a secret)" : JSON.stringify(written);
    problems.push(`${wanted.name} must be ${wanted.expected}, not ${shown}.`);
    // Only to find the other problems: the config is then not handed out.
    return defaultOf(wanted);
  };
  const values = Object.entries(settings).flatMap(([key, wanted]) => {
    const value = read(wanted);
    return value === undefined ? [] : [[key, value] as const];
  });
  // Each key has what the kind of its own setting parsed.
  return { config: Object.fromEntries(values) as Config, problems };
}

function defaultOf(wanted: Setting<unknown> | Secret<unknown>): unknown {
  if (!("default" in wanted)) return undefined;
  const parsed = wanted.parse(wanted.default);
  if (!parsed.ok) throw new Error(`The default of ${wanted.name} does not fit its own rule.`);
  return parsed.value;
}

function missingSecrets(given: Environment): readonly string[] {
  return [settings.appSecrets, settings.verifyToken]
    .filter(({ name }) => textOf(given, name) === undefined)
    .map(
      ({ name, expected }) =>
        `${name} is not set, but the role api needs it: it must be ${expected}. To try Onethread without it, start it with --demo.`,
    );
}

function unknownNames(given: Environment): readonly string[] {
  const known = Object.values(settings).map(({ name }) => name);
  return Object.keys(given)
    .filter((name) => name.startsWith("ONETHREAD_") && !known.includes(name))
    .map((name) => {
      const nearest = findNearest(name, known);
      const hint = nearest === undefined ? "docs/settings.md lists them all." : `Did you mean ${nearest}?`;
      return `${name} is not a setting of Onethread. ${hint}`;
    });
}

/** An empty value counts as absent, as in most compose files. */
function textOf(given: Environment, name: string): string | undefined {
  const written = given[name]?.trim();
  return written === "" ? undefined : written;
}

function setting<T>([name, byDefault]: readonly [string, string], meaning: string, kind: Kind<T>): Setting<T> {
  return { ...kind, name, default: byDefault, meaning, isSecret: false };
}

function optional<T>(name: string, meaning: string, kind: Kind<T>): Secret<T> {
  return { ...kind, name, meaning, isSecret: false };
}

function secret<T>(name: string, meaning: string, kind: Kind<T>): Secret<T> {
  return { ...kind, name, meaning, isSecret: true };
}
