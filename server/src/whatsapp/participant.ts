// Owns: which member of a group wrote a message, kept with its content. Refuses to know: threads; whom of our customers that is.
import type { JsonObject } from "../kernel/json.ts";
import type { CustomerIdentity } from "./events.ts";
import { readObject, readString } from "./read-json.ts";

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

/** What stays the same of a member over their messages: "" where nobody is named. */
export function participantKey(content: JsonObject): string {
  const participant = readParticipant(content);
  return participant?.userId ?? participant?.phone ?? participant?.lid ?? "";
}

function pick(read: (key: (typeof KEYS)[number]) => string | undefined): (Participant & JsonObject) | undefined {
  const found = KEYS.flatMap((key) => {
    const value = read(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
