// Owns: the business, channel, key and secrets of the demo; the same ones at every start on one data directory.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ApiKeys } from "../businesses/api-keys.ts";
import type { Businesses } from "../businesses/businesses.ts";
import type { Channels } from "../businesses/channels.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { DEMO_TEXTS } from "./demo-texts.ts";

const identity = z.object({
  apiKey: z.string(),
  businessId: z.string(),
  channelId: z.string(),
  phoneNumberId: z.string(),
  displayPhoneNumber: z.string(),
  accountId: z.string(),
  appSecret: z.string(),
  verifyToken: z.string(),
  accessToken: z.string(),
});

export type DemoIdentity = Readonly<z.infer<typeof identity>>;

export interface DemoAddresses {
  readonly url: string;
  readonly databaseUrl: string;
  readonly simulatorUrl: string;
}

const FACTS = "demo.json";
const IDENTITY = "demo-identity.json";
const secret = (): string => randomBytes(18).toString("base64url");

async function readIdentity(dataDir: string): Promise<DemoIdentity | undefined> {
  try {
    return identity.parse(JSON.parse(await readFile(join(dataDir, IDENTITY), "utf8")));
  } catch {
    return undefined;
  }
}

async function writePrivately(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${String(process.pid)}`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  // Whoever waits for the file must never read half of it.
  await rename(draft, path);
}

export interface DemoBusinessDeps {
  readonly apiKeys: ApiKeys;
  readonly businesses: Businesses;
  readonly channels: Channels;
  readonly knowledge: KnowledgeBase;
  readonly dataDir: string;
}

async function create(deps: DemoBusinessDeps): Promise<DemoIdentity> {
  const { apiKeys, businesses, channels, knowledge } = deps;
  const business = await businesses.create({ name: "Aurora" });
  // Another demo may use this database too: its number is taken then, and ours must differ.
  const phoneNumberId = `2${randomBytes(6).readUIntBE(0, 6).toString().padStart(14, "0").slice(-14)}`;
  const number = { phoneNumberId, displayPhoneNumber: "15550100200", accountId: "300000000000001" };
  const accessToken = secret();
  const created = await channels.create({
    businessId: business.id,
    provider: "cloud",
    externalId: phoneNumberId,
    name: "Aurora on WhatsApp",
    accountId: number.accountId,
    displayPhoneNumber: number.displayPhoneNumber,
    accessToken,
  });
  if (created.outcome !== "created") throw new Error(created.sentence);
  const { key } = await apiKeys.create(business.id, "demo");
  for (const text of DEMO_TEXTS) await knowledge.addText({ businessId: business.id, language: "english", ...text });
  return {
    apiKey: key,
    businessId: business.id,
    channelId: created.channel.id,
    ...number,
    appSecret: secret(),
    verifyToken: secret(),
    accessToken,
  };
}

/** The demo of this data directory: found again if it was here before and its database still knows it, otherwise created. */
export async function ensureDemoBusiness(deps: DemoBusinessDeps): Promise<DemoIdentity> {
  await mkdir(deps.dataDir, { recursive: true });
  const known = await readIdentity(deps.dataDir);
  if (known !== undefined && (await deps.businesses.find(known.businessId as BusinessId)) !== undefined) return known;
  const created = await create(deps);
  await writePrivately(join(deps.dataDir, IDENTITY), created);
  return created;
}

/** Written when everything is ready, and removed at the end: its presence means that the demo is running. Mode 0600, it holds secrets. */
export async function writeDemoFacts(dataDir: string, demo: DemoIdentity, facts: DemoAddresses): Promise<void> {
  const { apiKey, businessId, channelId, phoneNumberId, appSecret, verifyToken, accessToken } = demo;
  const identifiers = { apiKey, businessId, channelId, phoneNumberId };
  await writePrivately(join(dataDir, FACTS), { ...facts, ...identifiers, appSecret, verifyToken, accessToken });
}

export async function removeDemoFacts(dataDir: string): Promise<void> {
  await rm(join(dataDir, FACTS), { force: true });
}
