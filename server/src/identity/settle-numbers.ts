// Owns: the part of settling that is about phone numbers and time: who had a number when the person wrote or changed, and what is recorded of it.
// Refuses to know: the other identifiers, and which threads are one person's.
import type { Queryable } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { type Identifier, keyOfLaterHolder } from "./identifier.ts";
import {
  freeSince,
  holderAt,
  isHeldAt,
  justBefore,
  leaverOf,
  placeLeaver,
  placeTaker,
  placeWriter,
  takerOf,
  type NumberChange,
  type Placement,
  type Tenure,
} from "./number-holders.ts";
import { addFormerHolder, boundFormerTenure, boundTenure, listTenures, takeNumber } from "./number-holders.queries.ts";

/** Of each number of the request that leads anywhere: who had it when, its present holder first. */
export type Numbers = ReadonlyMap<string, readonly Tenure[]>;

/** What a payload says, and when it was so. */
interface NumberQuestion {
  readonly businessId: BusinessId;
  readonly identifiers: readonly Identifier[];
  readonly at: Date;
  readonly change?: NumberChange | undefined;
}

const numbersOf = ({ identifiers }: NumberQuestion): readonly string[] =>
  identifiers.flatMap(({ kind, value }) => (kind === "phone" ? [value] : []));

export async function listNumbers(tx: Queryable, request: NumberQuestion): Promise<Numbers> {
  const values = numbersOf(request);
  if (values.length === 0) return new Map();
  const rows = await tx.run(listTenures, { numbers: values });
  const tenures = rows.map((row) => ({
    value: row.value,
    conversationId: row.conversation_id,
    since: row.held_since,
    until: row.held_until,
    isCurrent: row.is_current,
    begunAt: row.begun_at,
  }));
  return Map.groupBy(tenures, ({ value }) => value);
}

/** The threads to which the numbers led at that time; undefined: to none. */
export function holdersOfNumbers(request: NumberQuestion, numbers: Numbers): ReadonlyMap<string, string | undefined> {
  const { at, change } = request;
  const tenuresOf = (value: string): readonly Tenure[] => numbers.get(value) ?? [];
  const leaver = change?.left === undefined ? undefined : leaverOf(tenuresOf(change.left), tenuresOf(change.taken), at);
  const holderOf = (value: string, tenures: readonly Tenure[]): Tenure | undefined => {
    if (value === change?.left) return leaver;
    return value === change?.taken ? takerOf(tenures, at, leaver) : holderAt(tenures, at);
  };
  return new Map([...numbers].map(([value, tenures]) => [value, holderOf(value, tenures)?.conversationId]));
}

/** Keys for somebody who writes from a number that was another person's at another time. */
export function newKeysOfNumbers(request: NumberQuestion, numbers: Numbers): readonly string[] {
  if (request.change !== undefined) return [];
  return [...numbers].flatMap(([value, tenures]) => {
    const isFree = tenures.length > 0 && holderAt(tenures, request.at) === undefined;
    // The first may belong to somebody who turned out to have come later, or to a thread that was merged away.
    return isFree ? [freeSince(tenures, request.at), request.at].map((since) => keyOfLaterHolder(request.businessId, value, since)) : [];
  });
}

interface NumberOfThread {
  readonly value: string;
  readonly winnerId: string;
  readonly numbers: Numbers;
}

/** The number leads elsewhere by now, or led there at that time. */
export async function placeNumber(tx: Queryable, request: NumberQuestion, { value, winnerId, numbers }: NumberOfThread): Promise<void> {
  const placement = placementOf(request, value, numbers.get(value) ?? []);
  if (placement.kind === "take") await tx.run(takeNumber, { number: value, conversationId: winnerId, since: placement.since });
  if (placement.kind !== "past") return;
  if (placement.presentSince !== undefined) await tx.run(boundTenure, { number: value, since: placement.presentSince, until: null });
  await tx.run(addFormerHolder, { number: value, conversationId: winnerId, since: placement.since, until: placement.until });
}

function placementOf({ at, change }: NumberQuestion, value: string, tenures: readonly Tenure[]): Placement {
  if (value === change?.left) return placeLeaver(tenures, at);
  return value === change?.taken ? placeTaker(tenures, at) : placeWriter(tenures, at);
}

/** After a change: who left a number has it no longer, and who took one has it from then on only. */
export async function keepTenures(
  tx: Queryable,
  { at, change }: NumberQuestion,
  { numbers, group }: { readonly numbers: Numbers; readonly group: readonly string[] },
): Promise<void> {
  if (change === undefined) return;
  const ofGroup = (value: string): Tenure | undefined => {
    const present = numbers.get(value)?.find(({ isCurrent }) => isCurrent);
    return present !== undefined && group.includes(present.conversationId) && isHeldAt(present, at) ? present : undefined;
  };
  if (change.left !== undefined && ofGroup(change.left) !== undefined)
    await tx.run(boundTenure, { number: change.left, since: null, until: at });
  const taken = numbers.get(change.taken)?.find((tenure) => group.includes(tenure.conversationId) && isHeldAt(tenure, at));
  if (taken?.since !== null || taken.begunAt < at) return;
  if (taken.isCurrent) await tx.run(boundTenure, { number: change.taken, since: at, until: null });
  else await tx.run(boundFormerTenure, { number: change.taken, until: taken.until, since: at });
}

/** Somebody unknown left one number for another: whoever else has one of the two had the one taken until then, and has the one left since then. */
export async function markNumbersLeft(tx: Queryable, { at, change }: NumberQuestion, numbers: Numbers): Promise<void> {
  if (change === undefined) return;
  const present = numbers.get(change.taken)?.find(({ isCurrent }) => isCurrent);
  if (present !== undefined && isHeldAt(present, at) && (present.since === null || present.since < at)) {
    await tx.run(boundTenure, { number: change.taken, since: null, until: justBefore(at) });
  }
  const left = change.left === undefined ? undefined : placeLeaver(numbers.get(change.left) ?? [], at);
  if (change.left !== undefined && left?.kind === "past" && left.presentSince !== undefined) {
    await tx.run(boundTenure, { number: change.left, since: left.presentSince, until: null });
  }
}
