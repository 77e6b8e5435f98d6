// Owns: a run over a whole older database, business by business, and which business of ours each becomes.
import { createBusinesses, NEW_BUSINESS } from "../businesses/businesses.ts";
import { insertBusiness } from "../businesses/businesses.queries.ts";
import { createChannels } from "../businesses/channels.ts";
import type { Database } from "../db/database.ts";
import { isUuid, type BusinessId } from "../kernel/ids.ts";
import { adoptBusiness } from "./adopt-business.ts";
import { createReport, type AdoptionReport, type LeftoverRow } from "./adopt-report.ts";
import { listAdoptionsAcrossBusinesses } from "./adoption-records.queries.ts";
import { adoptedId } from "./adopted-id.ts";
import { examineBusiness, type BusinessResult } from "./examine-business.ts";
import type { OldBusiness } from "./old-rows.ts";
import { UNPLACEABLE } from "./place-message.ts";
import { readBusiness } from "./read-business.ts";
import type { Source } from "./source.ts";

export interface AdoptionOptions {
  readonly sourceName: string;
  readonly execute: boolean;
  /** Old id to ours. */
  readonly businesses: ReadonlyMap<string, string>;
  readonly createBusinesses: boolean;
  /** Name of an old channel (old-channels.ts) to the id of one of ours. */
  readonly channels: ReadonlyMap<string, string>;
  readonly keepLeadIds: boolean;
  readonly batchSize: number;
  readonly waitMs: number;
}

export interface AdoptionDeps {
  readonly source: Source;
  /** Not needed for a dry run over a database of which nobody has said yet what it becomes. */
  readonly database: Database | undefined;
  readonly onProgress: (done: number, total: number) => void;
  readonly isStopped: () => boolean;
}

/** What was asked for cannot be done: a sentence. Nothing was written. */
export class AdoptionRefusal extends Error {}

export async function runAdoption(deps: AdoptionDeps, options: AdoptionOptions): Promise<AdoptionReport> {
  const { source } = deps;
  const { businesses, leftOut, ofNobody } = await source.count();
  const targets = await chooseTargets(deps, options, businesses);
  const total = businesses.reduce((sum, { messages }) => sum + messages, 0);
  let done = 0;
  const onProgress = (rows: number): void => {
    done += rows;
    deps.onProgress(done, total);
  };
  const results: BusinessResult[] = [];
  for (const old of businesses) {
    if (deps.isStopped()) break;
    const reading = await readBusiness(source, old, options.keepLeadIds);
    results.push(await runBusiness({ deps, options, onProgress, businessId: targets.get(old.id) }, reading));
  }
  const nobodys: readonly LeftoverRow[] = ofNobody.messageIds.map((id) => ({
    oldBusinessId: null,
    oldMessageId: id,
    reason: UNPLACEABLE.no_business,
  }));
  return createReport({
    source: options.sourceName,
    executed: options.execute,
    isComplete: results.length === businesses.length && results.every(({ isComplete }) => isComplete),
    businesses: results.map(({ report }) => report),
    leftovers: [...results.flatMap(({ leftovers }) => leftovers), ...nobodys],
    leftOut,
    ofNobody: { conversations: ofNobody.conversations, messages: nobodys.length },
  });
}

interface BusinessRun {
  readonly deps: AdoptionDeps;
  readonly options: AdoptionOptions;
  readonly onProgress: (rows: number) => void;
  readonly businessId: BusinessId | undefined;
}

async function runBusiness(
  { deps, options, onProgress, businessId }: BusinessRun,
  reading: Awaited<ReturnType<typeof readBusiness>>,
): Promise<BusinessResult> {
  const { source, database, isStopped } = deps;
  const { sourceName, batchSize, keepLeadIds } = options;
  const common = { source, batchSize, onProgress, isStopped };
  if (options.execute && database !== undefined && businessId !== undefined) {
    const target = { businessId, source: sourceName, oldBusinessId: reading.old.id, keepLeadIds };
    const connectedChannels = await connectedIn(database, businessId, options.channels);
    return adoptBusiness({ ...common, database, target, connectedChannels, waitMs: options.waitMs }, reading);
  }
  const target =
    database === undefined || businessId === undefined ? undefined : { businessId, keepLeadIds, db: database.forBusiness(businessId) };
  return examineBusiness({ ...common, sourceName, target }, reading);
}

/** Everything is checked before the first row is written. */
async function chooseTargets(
  { database }: AdoptionDeps,
  options: AdoptionOptions,
  old: readonly OldBusiness[],
): Promise<ReadonlyMap<string, BusinessId>> {
  const unknown = [...options.businesses.keys()].filter((id) => !old.some((one) => one.id === id));
  if (unknown.length > 0) throw new AdoptionRefusal(`The older database has no business ${unknown.join(", ")}.`);
  const named = old.map(({ id }) => ({ id, given: options.businesses.get(id) }));
  const missing = named.filter(({ given }) => given === undefined).map(({ id }) => id);
  if (options.execute && missing.length > 0 && !options.createBusinesses) {
    throw new AdoptionRefusal(
      `Say which business these become: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ` and ${String(missing.length - 5)} more` : ""}. Use --business <old>=<id> for each, or --create-businesses.`,
    );
  }
  if (database === undefined) return new Map();
  const targets = new Map<string, BusinessId>();
  for (const { id, given } of named) {
    if (given !== undefined) targets.set(id, await existing(database, given));
    else if (options.createBusinesses) targets.set(id, adoptedId(options.sourceName, "business", id) as BusinessId);
  }
  await refuseOthers(database, options, targets);
  await refuseUnknownChannels(database, options, targets);
  if (options.execute) for (const one of old) await ensureBusiness(database, one, { targets, options });
  return targets;
}

async function existing(database: Database, id: string): Promise<BusinessId> {
  const found = isUuid(id) ? await createBusinesses({ database }).find(id as BusinessId) : undefined;
  if (found === undefined) throw new AdoptionRefusal(`There is no business ${id} here. \`onethread business list\` shows them all.`);
  return found.id;
}

/** A channel serves the business that it belongs to. */
async function connectedIn(
  database: Database,
  businessId: BusinessId,
  channels: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const own = new Set<string>((await createChannels({ database }).list(businessId)).map(({ id }) => id));
  return new Map([...channels].filter(([, id]) => own.has(id)));
}

async function refuseUnknownChannels(
  database: Database,
  { channels }: AdoptionOptions,
  targets: ReadonlyMap<string, BusinessId>,
): Promise<void> {
  const found = new Set<string>();
  for (const businessId of targets.values()) for (const id of (await connectedIn(database, businessId, channels)).values()) found.add(id);
  const unknown = [...channels.values()].filter((id) => !found.has(id));
  if (unknown.length > 0)
    throw new AdoptionRefusal(`None of these businesses has the channel ${unknown.join(", ")}. \`onethread channel list\` shows them.`);
}

/** Under another business every message would be new, and be there twice. */
async function refuseOthers(database: Database, { sourceName }: AdoptionOptions, targets: ReadonlyMap<string, BusinessId>): Promise<void> {
  for (const row of await database.acrossBusinesses.run(listAdoptionsAcrossBusinesses, { source: sourceName })) {
    const target = targets.get(row.old_business_id);
    if (target === undefined || target === row.business_id) continue;
    throw new AdoptionRefusal(
      `The old business ${row.old_business_id} of the source ${sourceName} was adopted into ${row.business_id} before. Use that one, or another --source if this is another database.`,
    );
  }
}

async function ensureBusiness(
  database: Database,
  old: OldBusiness,
  { targets, options }: { readonly targets: ReadonlyMap<string, BusinessId>; readonly options: AdoptionOptions },
): Promise<void> {
  const id = targets.get(old.id);
  if (id === undefined || options.businesses.has(old.id)) return;
  if ((await createBusinesses({ database }).find(id)) !== undefined) return;
  const name = (old.name?.trim() ?? "") === "" ? `Adopted business ${old.id}` : (old.name ?? "").trim();
  await database.forBusiness(id).run(insertBusiness, { ...NEW_BUSINESS, name: name.slice(0, 200), handoffPauseMs: null });
}
