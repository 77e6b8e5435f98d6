// Owns: API keys: creating, recognising and revoking them. A key is shown once and stored as its hash only.
import { createHash, randomInt } from "node:crypto";
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { createCachedLookup } from "../kernel/cached-lookup.ts";
import {
  deleteDirectoryEntry,
  findApiKeyAcrossBusinesses,
  insertApiKey,
  insertDirectoryEntry,
  listApiKeys,
  revokeApiKey,
} from "./businesses.queries.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH = 32;
const PREFIX_LENGTH = 8;
const FORM = /^ot_[0-9A-Za-z]{32}$/;

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The first characters, so that a person recognises it. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly id: string;
  /** The only time that it is known in full. */
  readonly key: string;
  readonly prefix: string;
}

export interface ApiKeys {
  create(businessId: BusinessId, name: string): Promise<NewApiKey>;
  /** False when the business has no such key. A revoked key works for 5 s at most in other processes. */
  revoke(businessId: BusinessId, apiKeyId: string): Promise<boolean>;
  list(businessId: BusinessId): Promise<readonly ApiKey[]>;
}

export interface Caller {
  readonly businessId: BusinessId;
  readonly apiKeyId: string;
}

export type FindCaller = (key: string) => Promise<Caller | undefined>;

function newKey(): string {
  return `ot_${Array.from({ length: RANDOM_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("")}`;
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

export function createApiKeys(deps: { readonly database: Database }): ApiKeys {
  const { database } = deps;
  return {
    async create(businessId, name) {
      const id = newId();
      const key = newKey();
      const prefix = key.slice(0, PREFIX_LENGTH);
      await database.forBusiness(businessId).transaction(async (tx) => {
        await tx.run(insertApiKey, { id, name, prefix });
        await tx.run(insertDirectoryEntry, { kind: "api_key", key: hashOf(key), targetId: id });
      });
      return { id, key, prefix };
    },
    async revoke(businessId, apiKeyId) {
      return database.forBusiness(businessId).transaction(async (tx) => {
        await tx.run(deleteDirectoryEntry, { kind: "api_key", targetId: apiKeyId });
        return (await tx.execute(revokeApiKey, { id: apiKeyId })) > 0;
      });
    },
    async list(businessId) {
      const rows = await database.forBusiness(businessId).run(listApiKeys, {});
      return rows.map((row) => ({ id: row.id, name: row.name, prefix: row.prefix, createdAt: row.created_at, revokedAt: row.revoked_at }));
    },
  };
}

/** Whose key it is; answers are remembered for 5 s. The cache holds hashes, never keys. */
export function createFindCaller(deps: { readonly database: Pick<Database, "acrossBusinesses">; readonly now?: () => number }): FindCaller {
  const lookup = createCachedLookup<Caller>({
    maxEntries: 5_000,
    foundForMs: 5_000,
    missingForMs: 2_000,
    ...(deps.now === undefined ? {} : { now: deps.now }),
    async find(hash) {
      const [row] = await deps.database.acrossBusinesses.run(findApiKeyAcrossBusinesses, { hash });
      return row === undefined ? undefined : { businessId: row.business_id as BusinessId, apiKeyId: row.api_key_id };
    },
  });
  return (key) => (FORM.test(key) ? lookup.find(hashOf(key)) : Promise.resolve(undefined));
}
