// Owns: a table of rates as an operator gives it: read row by row, every wrong one named. Refuses to know: where rates are kept, and what Meta charges.
import { parse } from "csv-parse/sync";
import { messageOf } from "../kernel/faults.ts";
import { pricingCategoryOf } from "../whatsapp/pricing-category.ts";

export interface Rate {
  /** ISO 4217: USD. */
  readonly currency: string;
  readonly category: string;
  /** A country of two letters, or * for all that have no rate of their own. */
  readonly market: string;
  /** 2026-10-01 */
  readonly effectiveFrom: string;
  /** Of one delivered message: a decimal number as text. */
  readonly amount: string;
}

export type ReadRatesOutcome =
  | { readonly outcome: "read"; readonly rates: readonly Rate[] }
  /** A sentence for each wrong row, with its line. */
  | { readonly outcome: "invalid"; readonly problems: readonly string[] };

const COLUMNS = ["currency", "market", "category", "effective_from", "amount"] as const;
type Column = (typeof COLUMNS)[number];
/** 16 currencies, 240 countries, ten categories, and then some. */
const MOST_RATES = 100_000;
const MOST_PROBLEMS = 50;

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * `csv`: a first line with the names of the columns, in any order: currency, market, category, effective_from, amount. `market` may be several countries with blanks
 * between them, which are a rate each.
 */
export function readRates(csv: string): ReadRatesOutcome {
  let lines: readonly Line[];
  try {
    const options = { bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true, max_record_size: 10_000 };
    lines = parse(csv, options) as unknown as readonly Line[];
  } catch (error) {
    return { outcome: "invalid", problems: [`It is not a table of values with commas between them: ${messageOf(error)}`] };
  }
  const [head, ...rows] = lines;
  const names = head?.record.map((name) => name.toLowerCase()) ?? [];
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) return { outcome: "invalid", problems: [`The first line lacks the columns ${missing.join(", ")}.`] };
  if (rows.length === 0) return { outcome: "invalid", problems: ["There are no rates below the first line."] };
  return collect(rows, names);
}

function collect(rows: readonly Line[], names: readonly string[]): ReadRatesOutcome {
  const problems: string[] = [];
  const rates = new Map<string, Rate>();
  for (const { record, info } of rows) {
    const valueOf = (name: Column): string => record[names.indexOf(name)] ?? "";
    const problem = problemOf(valueOf);
    const markets = valueOf("market").toUpperCase().split(/\s+/);
    for (const market of problem === undefined ? markets : []) {
      const rate = { ...rateOf(valueOf), market };
      const key = [rate.currency, rate.category, market, rate.effectiveFrom].join(" ");
      if (rates.has(key)) problems.push(`Line ${String(info.lines)}: ${key} has a rate already.`);
      rates.set(key, rate);
    }
    if (problem !== undefined) problems.push(`Line ${String(info.lines)}: ${problem}`);
    if (problems.length >= MOST_PROBLEMS) return { outcome: "invalid", problems: [...problems, "Perhaps more: it was read up to here."] };
  }
  if (rates.size > MOST_RATES) problems.push(`There are ${String(rates.size)} rates: more than ${String(MOST_RATES)}.`);
  return problems.length > 0 ? { outcome: "invalid", problems } : { outcome: "read", rates: [...rates.values()] };
}

type ValueOf = (name: Column) => string;

const rateOf = (valueOf: ValueOf): Omit<Rate, "market"> => ({
  currency: valueOf("currency").toUpperCase(),
  category: pricingCategoryOf(valueOf("category")),
  effectiveFrom: valueOf("effective_from"),
  amount: valueOf("amount"),
});

function problemOf(valueOf: ValueOf): string | undefined {
  const { currency, category, effectiveFrom, amount } = rateOf(valueOf);
  const market = valueOf("market").toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) return `the currency must be three letters such as USD, and is "${currency}".`;
  if (!/^(\*|[A-Z]{2}(\s+[A-Z]{2})*)$/.test(market)) return `the market must be countries such as IN or US CA, or *, and is "${market}".`;
  if (!/^[a-z][a-z_-]{0,60}$/.test(category)) return `the category must be a word of Meta's such as marketing, and is "${category}".`;
  if (!isDay(effectiveFrom)) return `effective_from must be a day such as 2026-10-01, and is "${effectiveFrom}".`;
  if (!/^\d{1,9}(\.\d{1,12})?$/.test(amount))
    return `the amount must be a decimal number with a point, such as 0.0118, and is "${amount}".`;
  return undefined;
}

function isDay(text: string): boolean {
  if (!/^(19|2\d)\d{2}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
