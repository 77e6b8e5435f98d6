// Owns: which member of a group wrote a message, kept with its content. Refuses to know: threads; whom of our customers that is.
import type { JsonObject } from "../kernel/json.ts";
import type { CustomerIdentity } from "./events.ts";
import { readObject, readString } from "../kernel/read-json.ts";

export interface Participant {
  readonly phone?: string;
  readonly userId?: string;
  readonly lid?: string;
  readonly name?: string;
}

const KEYS = ["phone", "userId", "lid", "name"] as const;

/** The content as it is where nobody is named. */
export function withParticipant(content: JsonObject, customer: CustomerIdentity): JsonObject {
  const participant = pick((key) => customer[key]);
  return participant === undefined ? content : { ...content, participant };
}

/** Undefined outside of groups, and for what we sent. */
export function readParticipant(content: JsonObject): Participant | undefined {
  const node = readObject(content, "participant");
  return node === undefined ? undefined : pick((key) => readString(node, key));
}

/** How a member of a group is called where others read it. Undefined where nobody is named. */
export function participantName(content: JsonObject): string | undefined {
  const participant = readParticipant(content);
  if (participant === undefined) return undefined;
  return participant.name ?? (participant.phone === undefined ? "a member of the group" : `+${participant.phone}`);
}

/** What stays the same of a member over these messages: whoever shares an id with another is the same one, also by way of a third that names both. "" where nobody is named. */
export function memberKeysOf(participants: Iterable<Participant | undefined>): (participant: Participant | undefined) => string {
  const sameAs = new Map<string, string>();
  const firstOf = (id: string): string => {
    let first = id;
    for (let next = sameAs.get(first); next !== undefined; next = sameAs.get(first)) first = next;
    return first;
  };
  for (const participant of participants) {
    const [known, ...others] = idsOf(participant).map(firstOf);
    for (const id of others) if (known !== undefined && firstOf(id) !== known) sameAs.set(firstOf(id), known);
  }
  return (participant) => {
    const [id] = idsOf(participant);
    return id === undefined ? (participant?.name ?? "") : firstOf(id);
  };
}

function idsOf(participant: Participant | undefined): readonly string[] {
  return (["userId", "phone", "lid"] as const).flatMap((kind) => {
    const value = participant?.[kind];
    return value === undefined ? [] : [`${kind} ${value}`];
  });
}

function pick(read: (key: (typeof KEYS)[number]) => string | undefined): (Participant & JsonObject) | undefined {
  const found = KEYS.flatMap((key) => {
    const value = read(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
