// Owns: what a command works with: the features on its database, and the business that it is about. Refuses to know: what it does there.
import type { Business, Businesses } from "../businesses/businesses.ts";
import { openMediaStore } from "../compose/media-work.ts";
import { createServices, type Services } from "../compose/services.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { isUuid, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { MediaStore, StoredName } from "../media/media-store.ts";
import { createOutsideHttp } from "../outside/outside-http.ts";
import { createGraphTemplates } from "../whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../whatsapp/graph-thread-control.ts";
import { CliFailure } from "./cli-failure.ts";
import { readDemoFacts } from "./read-demo-facts.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withApplicationDatabase } from "./with-database.ts";

export const BUSINESS_OPTION = "--business <id>";
export const BUSINESS_MEANING = "which business; not needed when there is only one";

export interface Installation {
  readonly database: Database;
  readonly log: Log;
  readonly services: Services;
}

export interface BusinessOfCommand extends Installation {
  readonly business: Business;
  readonly businessId: BusinessId;
}

interface Scope {
  readonly terminal: Terminal;
  /** Tools of the business may be on private addresses; absent: on those that the settings name. */
  readonly reachesPrivate?: boolean | undefined;
}

/** Hands `work` the features of the installation, and closes what was opened for it. */
export async function withServices(
  { terminal, reachesPrivate = false }: Scope,
  work: (place: Installation) => Promise<void>,
): Promise<void> {
  const settings = readToolSettings(terminal);
  const outside = createOutsideHttp({ privateHosts: reachesPrivate ? ["*"] : settings.config.privateHosts });
  const graphUrl = await findGraphUrl(settings.config);
  const { graphVersion: version, metaAppId: appId } = settings.config;
  const platform = { baseUrl: () => graphUrl, version };
  const [templatePlatform, threadPlatform] = [createGraphTemplates({ ...platform, appId }), createGraphThreadControl(platform)];
  let store: MediaStore | undefined;
  // Few commands read a file, and the others need no settings of a store.
  const mediaStore = { open: (name: StoredName) => (store ??= openMediaStore(settings.config)).open(name) };
  try {
    await withApplicationDatabase(settings, async (database) => {
      // The workers look at their lanes every second: nobody has to be woken from here.
      const wake = (): void => undefined;
      // No command makes anybody known.
      const onKnown = (): Promise<void> => Promise.resolve();
      const { log } = settings;
      const parts = { database, log, failPoints: noFailPoints, outside, templatePlatform, threadPlatform, mediaStore };
      const services = createServices({ ...parts, wake, onKnown });
      await work({ database, log, services });
    });
  } finally {
    await outside.close();
    await templatePlatform.close();
    await threadPlatform.close();
    await store?.close();
  }
}

/** The demo's numbers are the simulator's. */
async function findGraphUrl({ databaseUrl, dataDir, graphUrl }: Config): Promise<string> {
  const demo = databaseUrl === undefined ? await readDemoFacts(dataDir) : undefined;
  return demo?.simulatorUrl ?? graphUrl;
}

/** The same for a command about one business: the one with this id, or the only one there is. Throws a CliFailure with a sentence otherwise. */
export async function inBusiness(
  scope: Scope & { readonly business: string | undefined },
  work: (place: BusinessOfCommand) => Promise<void>,
): Promise<void> {
  await withServices(scope, async (place) => {
    const business = await pickBusiness(place.services.businesses, scope.business);
    await work({ ...place, business, businessId: business.id });
  });
}

async function pickBusiness(businesses: Businesses, id: string | undefined): Promise<Business> {
  if (id !== undefined) {
    const found = isUuid(id) ? await businesses.find(id as BusinessId) : undefined;
    if (found === undefined) throw new CliFailure(`There is no business ${id}. \`onethread business list\` shows them all.`);
    return found;
  }
  const all = await businesses.listAcrossBusinesses();
  const [only] = all;
  if (only === undefined) throw new CliFailure("There is no business yet. Make one with `onethread business create --name <name>`.");
  if (all.length > 1)
    throw new CliFailure(
      `There are ${String(all.length)} businesses: say which one with --business <id>. \`onethread business list\` shows them.`,
      2,
    );
  return only;
}
