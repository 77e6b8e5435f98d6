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
  type ShorterTenure,
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
  readonly known: PersonsNumbers;
}

/** `group`: the threads that are one person's. */
export interface PersonsNumbers {
  readonly numbers: Numbers;
  readonly group: readonly string[];
}

/** The number leads elsewhere by now, or led there at that time. */
export async function placeNumber(tx: Queryable, request: NumberQuestion, { value, winnerId, known }: NumberOfThread): Promise<void> {
  const placement = placementOf(request, value, known);
  if (placement.kind === "take") await tx.run(takeNumber, { number: value, conversationId: winnerId, since: placement.since });
  if (placement.kind !== "past") return;
  if (placement.shorter !== undefined) await shorten(tx, value, placement.shorter);
  await tx.run(addFormerHolder, { number: value, conversationId: winnerId, since: placement.since, until: placement.until });
}

function placementOf({ at, change }: NumberQuestion, value: string, { numbers, group }: PersonsNumbers): Placement {
  const tenures = numbers.get(value) ?? [];
  if (value === change?.left) return placeLeaver(tenures, at, group);
  return value === change?.taken ? placeTaker(tenures, at) : placeWriter(tenures, at, group);
}

async function shorten(tx: Queryable, number: string, { tenure, ...ends }: ShorterTenure): Promise<void> {
  const bounds = { number, since: null, until: null, ...ends };
  if (tenure.isCurrent) await tx.run(boundTenure, bounds);
  else if (tenure.until !== null) await tx.run(boundFormerTenure, { ...bounds, heldUntil: tenure.until });
}

/** After a change: who left a number has it no longer, and who took one has it from then on only. */
export async function keepTenures(tx: Queryable, { at, change }: NumberQuestion, { numbers, group }: PersonsNumbers): Promise<void> {
  if (change === undefined) return;
  const isOfGroup = (tenure: Tenure): boolean => group.includes(tenure.conversationId) && isHeldAt(tenure, at);
  const ofLeft = change.left === undefined ? [] : (numbers.get(change.left) ?? []);
  const left = ofLeft.find((tenure) => tenure.isCurrent && isOfGroup(tenure));
  // Otherwise it was placed: they have had it again since.
  const isLeft = placeLeaver(ofLeft, at, group).kind === "none";
  if (change.left !== undefined && left !== undefined && isLeft) await shorten(tx, change.left, { tenure: left, until: at });
  const taken = numbers.get(change.taken)?.find(isOfGroup);
  if (taken?.since === null && taken.begunAt >= at) await shorten(tx, change.taken, { tenure: taken, since: at });
}

/** Somebody unknown left one number for another: whoever else has one of the two had the one taken until then, and has the one left since then. */
export async function markNumbersLeft(tx: Queryable, { at, change }: NumberQuestion, numbers: Numbers): Promise<void> {
  if (change === undefined) return;
  const ofTaken = numbers.get(change.taken) ?? [];
  const present = holderAt(ofTaken, at);
  const taken = placeTaker(ofTaken, at);
  if (taken.kind === "past" && taken.shorter !== undefined) await shorten(tx, change.taken, taken.shorter);
  if (taken.kind === "take" && present !== undefined && present.since?.getTime() !== at.getTime()) {
    await shorten(tx, change.taken, { tenure: present, until: justBefore(at) });
  }
  const left = change.left === undefined ? undefined : placeLeaver(numbers.get(change.left) ?? [], at, []);
  if (change.left !== undefined && left?.kind === "past" && left.shorter !== undefined) await shorten(tx, change.left, left.shorter);
}
