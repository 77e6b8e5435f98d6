// Owns: which business a command is about. Refuses to know what is done with it.
import { createBusinesses, type Business } from "../businesses/businesses.ts";
import type { Database } from "../db/database.ts";
import { isUuid, type BusinessId } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";

export const BUSINESS_OPTION = "--business <id>";
export const BUSINESS_MEANING = "which business; not needed when there is only one";

/** The business with this id; without an id the only one there is. Throws a CliFailure with a sentence otherwise. */
export async function pickBusiness(database: Database, id: string | undefined): Promise<Business> {
  const businesses = createBusinesses({ database });
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
