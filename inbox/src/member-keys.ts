// Owns: who of a group is the same member, by the rule of the server (a test holds the two together).
import type { Message } from "./inbox-client.ts";

type Member = Message["participant"];

/** Whoever shares an id with another is the same one, also by way of a third message that names both. "" where nobody is named. */
export function memberKeysOf(members: Iterable<Member>): (member: Member) => string {
  const sameAs = new Map<string, string>();
  const firstOf = (id: string): string => {
    let first = id;
    for (let next = sameAs.get(first); next !== undefined; next = sameAs.get(first)) first = next;
    return first;
  };
  for (const member of members) {
    const [known, ...others] = idsOf(member).map(firstOf);
    for (const id of others) if (known !== undefined && firstOf(id) !== known) sameAs.set(firstOf(id), known);
  }
  return (member) => {
    const [id] = idsOf(member);
    return id === undefined ? (member?.name ?? "") : firstOf(id);
  };
}

function idsOf(member: Member): readonly string[] {
  return (["userId", "phone", "lid"] as const).flatMap((kind) => {
    const value = member?.[kind];
    return value === undefined ? [] : [`${kind} ${value}`];
  });
}
