// Owns: reading and changing the reply settings and secrets of a business. A change reaches every process within seconds.
import { z } from "zod";
import { createCachedLookup } from "../kernel/cached-lookup.ts";
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { isObject } from "../kernel/read-json.ts";
import { instant } from "../kernel/shapes.ts";
import { cleanObject, isDeeperThan } from "../kernel/storable-json.ts";
import { DEFAULT_REPLY_SETTINGS, replySettingsSchema, SECRET_NAME, type ReplySettings } from "./reply-settings.ts";
import {
  findReplySecret,
  findReplySettings,
  listReplySecrets,
  lockReplySettings,
  removeReplySecret,
  saveReplySecret,
  saveReplySettings,
} from "./reply-settings.queries.ts";

export type ChangeOutcome =
  | { readonly outcome: "changed"; readonly settings: ReplySettings }
  /** Nothing was changed; a sentence for each problem, beginning with the path of the setting. */
  | { readonly outcome: "invalid"; readonly problems: readonly string[] };

/** Its value is never shown again. */
export const storedSecretSchema = z.object({ name: z.string(), updatedAt: instant });
type StoredSecret = Readonly<z.output<typeof storedSecretSchema>>;

export interface ReplySettingsStore {
  /** At most five seconds old. What cannot be read any more falls back to the defaults, one setting at a time. */
  find(businessId: BusinessId): Promise<ReplySettings>;
  /** As it is now. */
  read(businessId: BusinessId): Promise<ReplySettings>;
  /** JSON merge patch (RFC 7396): null takes a setting back to its default. */
  change(businessId: BusinessId, patch: JsonObject): Promise<ChangeOutcome>;
  /** At most five seconds old; undefined when there is none. */
  findSecret(businessId: BusinessId, name: string): Promise<string | undefined>;
  listSecrets(businessId: BusinessId): Promise<readonly StoredSecret[]>;
  saveSecret(businessId: BusinessId, name: string, value: string): Promise<void>;
  removeSecret(businessId: BusinessId, name: string): Promise<boolean>;
}

/** The settings themselves are four levels deep. */
const MAX_DEPTH = 10;
const CACHE = { maxEntries: 10_000, foundForMs: 5_000, missingForMs: 2_000 };

/** The values that fit; those that do not (written by another version of the code) are left out, and no others. */
function settingsOf(stored: JsonObject): { readonly settings: ReplySettings; readonly problems: readonly string[] } {
  const whole = replySettingsSchema.safeParse(stored);
  if (whole.success) return { settings: whole.data, problems: [] };
  const fitting = Object.entries(stored).filter(([key, value]) => replySettingsSchema.safeParse({ [key]: value }).success);
  return { settings: replySettingsSchema.parse(Object.fromEntries(fitting)), problems: problemsOf(whole.error) };
}

function problemsOf(error: z.ZodError): readonly string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${pathOf([...issue.path, key])}: there is no such setting`);
    return [`${pathOf(issue.path)}: ${issue.message}`];
  });
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "settings" : path.map(String).join(".");
}

function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, JsonObject[string]> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const before = merged[key];
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = isObject(value) ? merge(isObject(before) ? before : {}, value) : value;
  }
  return merged;
}

export function createReplySettingsStore(deps: { readonly database: Database; readonly log: Log }): ReplySettingsStore {
  const { database, log } = deps;

  async function read(businessId: BusinessId): Promise<ReplySettings> {
    const [row] = await database.forBusiness(businessId).run(findReplySettings, {});
    if (row === undefined) return DEFAULT_REPLY_SETTINGS;
    const { settings, problems } = settingsOf(isObject(row.settings) ? row.settings : {});
    if (problems.length > 0) log.warn({ businessId, problems }, "reply-settings.not-understood");
    return settings;
  }

  const known = createCachedLookup<ReplySettings>({ ...CACHE, find: (key) => read(key as BusinessId) });
  const secrets = createCachedLookup<string>({
    ...CACHE,
    async find(key) {
      const [businessId = "", name = ""] = key.split("|");
      const [row] = await database.forBusiness(businessId as BusinessId).run(findReplySecret, { name });
      return row?.value;
    },
  });

  return {
    read,
    async find(businessId) {
      return (await known.find(businessId)) ?? DEFAULT_REPLY_SETTINGS;
    },
    async change(businessId, given) {
      if (isDeeperThan(given, MAX_DEPTH)) return { outcome: "invalid", problems: ["settings: the change is nested too deeply"] };
      const patch = cleanObject(given);
      const result = await database.forBusiness(businessId).transaction(async (tx): Promise<ChangeOutcome> => {
        const [row] = await tx.run(lockReplySettings, {});
        const stored = merge(isObject(row?.settings) ? row.settings : {}, patch);
        const parsed = replySettingsSchema.safeParse(stored);
        if (!parsed.success) return { outcome: "invalid", problems: problemsOf(parsed.error) };
        await tx.execute(saveReplySettings, { settings: JSON.stringify(stored) });
        return { outcome: "changed", settings: parsed.data };
      });
      known.forget();
      return result;
    },
    findSecret: (businessId, name) => secrets.find(`${businessId}|${name}`),
    async listSecrets(businessId) {
      const rows = await database.forBusiness(businessId).run(listReplySecrets, {});
      return rows.map(({ name, updated_at }) => ({ name, updatedAt: updated_at.toISOString() }));
    },
    async saveSecret(businessId, name, value) {
      if (!SECRET_NAME.test(name)) throw new RangeError("A secret's name has small letters, digits and _ only, and begins with a letter.");
      await database
        .forBusiness(businessId)
        .execute(saveReplySecret, { name, value })
        .catch((error: unknown) => {
          throw new Error(`the secret ${name} could not be stored: ${messageOf(error)}`, { cause: error });
        });
      secrets.forget();
    },
    async removeSecret(businessId, name) {
      const removed = await database.forBusiness(businessId).execute(removeReplySecret, { name });
      secrets.forget();
      return removed > 0;
    },
  };
}
