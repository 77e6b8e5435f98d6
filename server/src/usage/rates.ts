// Owns: keeping the rates of the installation. Refuses to know: how they are written down (read-rates.ts), and what they are multiplied with (usage.queries.ts).
import type { Database } from "../db/database.ts";
import { listRatesAcrossBusinesses, replaceRatesAcrossBusinesses } from "./rates.queries.ts";
import type { Rate } from "./read-rates.ts";

export interface Rates {
  /** All or nothing: of each currency that is among them, these are all rates there are from then on. */
  replace(rates: readonly Rate[]): Promise<void>;
  /** How many rates there are of each currency, category and day, from the lowest to the highest. */
  list(): Promise<readonly RatesOfDay[]>;
}

interface RatesOfDay {
  readonly currency: string;
  readonly category: string;
  readonly effectiveFrom: string;
  readonly rates: number;
  readonly lowest: string;
  readonly highest: string;
}

export function createRates({ database }: { readonly database: Database }): Rates {
  return {
    async replace(rates) {
      await database.acrossBusinesses.execute(replaceRatesAcrossBusinesses, { rates });
    },
    async list() {
      const rows = await database.acrossBusinesses.run(listRatesAcrossBusinesses, {});
      return rows.map(({ effective_from: effectiveFrom, ...row }) => ({ ...row, effectiveFrom }));
    },
  };
}
