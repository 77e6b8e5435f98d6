// Owns: one examination: every check asked, slice by slice where there is much, until everything was looked at or the time is over.
// Refuses to know how the questions reach the database, and how the report is shown.
import pg from "pg";
import { messageOf } from "../kernel/faults.ts";
import type { Ask } from "./ask.ts";
import { toStatement, type Check, type Walked } from "./check.ts";
import { estimateWalked, walks, type Key, type Slices } from "./walks.ts";

export interface CheckResult {
  readonly name: string;
  readonly invariant: number;
  /** `partly`: nothing was found, but not everything was looked at. */
  readonly state: "ok" | "partly" | "warn" | "broken";
  /** False: there may be more than `count` in what was not looked at. */
  readonly complete: boolean;
  readonly count: number;
  /** Ids of up to five violations. */
  readonly examples: readonly string[];
  /** What it means and what to do; empty when nothing was found. */
  readonly advice: string;
  readonly tookMs: number;
}

export interface Coverage {
  readonly lookedAt: number;
  /** How many there are: exact when all were looked at, else an estimate, or absent when there was no time for one. */
  readonly about?: number;
}

export interface Examination {
  readonly coverage: Readonly<Record<Walked, Coverage>>;
  readonly checks: readonly CheckResult[];
}

export interface ExamineOptions {
  readonly ask: Ask;
  readonly checks: readonly Check[];
  readonly timeLeftMs: () => number;
  /** Conversations in a slice. */
  readonly sliceSize: number;
}

interface Tally {
  readonly check: Check;
  count: number;
  examples: readonly string[];
  failure: string | undefined;
  isComplete: boolean;
  tookMs: number;
}

interface Found {
  readonly count: number;
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** A question that PostgreSQL refuses is a broken check, not a throw; one for which there was no time has not looked at everything. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const tallies = options.checks.map((check): Tally => ({
    check,
    count: 0,
    examples: [],
    failure: undefined,
    isComplete: false,
    tookMs: 0,
  }));
  for (const tally of tallies) if (tally.check.walks === undefined) tally.isComplete = await askOnce(options, tally, []);
  const coverage = await walkAll(options, tallies);
  return { coverage, checks: tallies.map(judge) };
}

/** Answers false when there was no time for it. */
async function askOnce(options: ExamineOptions, tally: Tally, values: readonly unknown[]): Promise<boolean> {
  if (tally.failure !== undefined) return true;
  const startedAt = performance.now();
  try {
    const [found] = await options.ask<Found>(toStatement(tally.check), values);
    tally.count += found?.count ?? 0;
    tally.examples = [...tally.examples, ...(found?.examples ?? [])].slice(0, EXAMPLES);
    return true;
  } catch (error) {
    return noteFailure(options, [tally], error);
  } finally {
    tally.tookMs += performance.now() - startedAt;
  }
}

/** Answers false when it is only that the time is over. What is not PostgreSQL's own word, such as a lost connection, is thrown on. */
function noteFailure({ timeLeftMs }: ExamineOptions, tallies: readonly Tally[], error: unknown): boolean {
  if (timeLeftMs() <= 0) return false;
  if (!(error instanceof pg.DatabaseError)) throw error;
  for (const tally of tallies) tally.failure ??= messageOf(error);
  return true;
}

interface Walk {
  readonly of: Walked;
  readonly slices: Slices;
  readonly tallies: readonly Tally[];
  coverage: Coverage;
}

/** A slice of each walk in turn, so that something of each was looked at when the time is over. */
async function walkAll(options: ExamineOptions, tallies: readonly Tally[]): Promise<Examination["coverage"]> {
  const begin = async (of: Walked): Promise<Walk> => ({
    of,
    slices: walks[of](options.ask, options.sliceSize),
    tallies: tallies.filter(({ check }) => check.walks === of),
    coverage: { lookedAt: 0, ...(await estimateWalked(options.ask, of)) },
  });
  const [conversations, webhooks] = [await begin("conversations"), await begin("webhooks")];
  let unfinished: readonly Walk[] = [conversations, webhooks];
  while (unfinished.length > 0) {
    const next: Walk[] = [];
    for (const walk of unfinished) {
      const outcome = await takeSlice(options, walk);
      if (outcome === "no-time") return { conversations: conversations.coverage, webhooks: webhooks.coverage };
      if (outcome === "more") next.push(walk);
    }
    unfinished = next;
  }
  return { conversations: conversations.coverage, webhooks: webhooks.coverage };
}

async function takeSlice(options: ExamineOptions, walk: Walk): Promise<"more" | "end" | "no-time"> {
  let slice: readonly Key[] | undefined;
  try {
    slice = (await walk.slices.next()).value ?? undefined;
  } catch (error) {
    return noteFailure(options, walk.tallies, error) ? "end" : "no-time";
  }
  const { lookedAt, about = 0 } = walk.coverage;
  if (slice === undefined) {
    walk.coverage = { lookedAt, about: lookedAt };
    for (const tally of walk.tallies) tally.isComplete = true;
    return "end";
  }
  const values = [slice.map((key) => key.business_id), slice.map((key) => key.id)];
  for (const tally of walk.tallies) if (!(await askOnce(options, tally, values))) return "no-time";
  const total = lookedAt + slice.length;
  walk.coverage = { lookedAt: total, about: Math.max(about, total) };
  return "more";
}

function judge({ check, count, examples, failure, isComplete, tookMs }: Tally): CheckResult {
  const { name, invariant, severity, finding, advice } = check;
  const base = { name, invariant, complete: isComplete && failure === undefined, count, examples, advice: "", tookMs };
  if (failure !== undefined)
    return { ...base, state: "broken", count: Math.max(1, count), advice: `This could not be checked: ${failure}.` };
  if (count > 0) return { ...base, state: severity, advice: `${finding} ${advice}` };
  return { ...base, state: isComplete ? "ok" : "partly" };
}
