// Owns: who is who in one business of an older database. Two rows are the same person when they carry the same digits, the same wa_id, the
// same lead or the same canonical key; never because two numbers look alike. Pure.
import { type Identifier, labelOfIdentifier } from "../identity/identifier.ts";
import type { OldConversation, OldLead } from "./old-rows.ts";
import { readCanonicalKey, readIdentifier } from "./read-identifier.ts";

export type DuplicateEvidence = "same_wa_id" | "same_digits" | "same_lead" | "same_canonical_key" | "through_another";

export interface Person {
  /** Of the older system; the first one stays. */
  readonly leadIds: readonly string[];
  /** The oldest conversation's come first. */
  readonly identifiers: readonly Identifier[];
  readonly name: string | undefined;
  readonly conversations: readonly OldConversation[];
  /** For each conversation after the first, why it is the same person. */
  readonly evidence: readonly DuplicateEvidence[];
}

export interface People {
  readonly persons: readonly Person[];
  /** Conversations that name nobody. */
  readonly nameless: readonly OldConversation[];
  findByConversation(oldId: string): Person | undefined;
  isConversation(oldId: string): boolean;
  findByLead(leadId: string): Person | undefined;
  findByIdentifier(identifier: Identifier): Person | undefined;
  /** A person known from a message alone; the same one for the same identifier or lead. */
  begin(start: { readonly identifier?: Identifier | undefined; readonly lead?: OldLead | undefined }): Person | undefined;
}

interface Traits {
  readonly conversation: OldConversation;
  readonly identifiers: readonly Identifier[];
  readonly leadIds: readonly string[];
  /** Conversations that share one of these are of the same person. */
  readonly labels: readonly string[];
}

const labelOfLead = (leadId: string): string => labelOfIdentifier({ kind: "lead", value: leadId });
const isGiven = (text: string | null): text is string => text !== null && text.trim() !== "";

export interface OldBusinessRows {
  readonly oldBusinessId: string;
  readonly conversations: readonly OldConversation[];
  readonly leads: readonly OldLead[];
  /** False: a lead proves who somebody is, but nobody can be reached by it alone. */
  readonly keepLeadIds: boolean;
}

export function gatherPeople({ oldBusinessId, conversations, leads, keepLeadIds }: OldBusinessRows): People {
  const leadOf = new Map(leads.map((lead) => [lead.id, lead]));
  const inOrder = conversations.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)) || a.id.localeCompare(b.id));
  const own = inOrder.map((conversation) => traitsOf(conversation, oldBusinessId));
  // The CRM's number speaks for a lead only as long as none of the lead's own conversations has one: it may be an old number, or a landline.
  const withNumber = new Set(own.flatMap(({ identifiers, leadIds }) => (identifiers.length === 0 ? [] : leadIds)));
  const all = own.map((traits) => withLeadPhone(traits, { leadOf, withNumber }));
  const groups = groupByLabel(all);
  const persons = groups.map((group) => personOf(group, leadOf));
  const nameless = all.filter(({ labels }) => labels.length === 0).map(({ conversation }) => conversation);
  return indexPeople({ persons, nameless, leadOf, keepLeadIds });
}

const namesLead = (label: string): boolean => label.startsWith("lead:");
const timeOf = (row: OldConversation): string => row.createdAt ?? row.startedAt ?? row.lastMessageAt ?? "~";

function traitsOf(conversation: OldConversation, oldBusinessId: string): Traits {
  const { customerWaId, customerNumber, leadId, canonicalKey } = conversation;
  const meaning = isGiven(canonicalKey) ? readCanonicalKey(canonicalKey, oldBusinessId) : undefined;
  const identifiers = [readIdentifier(customerWaId), readIdentifier(customerNumber), meaning?.kind === "lead" ? undefined : meaning]
    .filter((identifier) => identifier !== undefined)
    .filter((identifier, at, list) => list.findIndex((other) => labelOfIdentifier(other) === labelOfIdentifier(identifier)) === at);
  const leadIds = [...new Set([...(isGiven(leadId) ? [leadId] : []), ...(meaning?.kind === "lead" ? [meaning.value] : [])])];
  const labels = [...identifiers.map(labelOfIdentifier), ...leadIds.map(labelOfLead)];
  if (isGiven(canonicalKey) && meaning === undefined) labels.push(`key:${canonicalKey}`);
  return { conversation, identifiers, leadIds, labels };
}

function withLeadPhone(
  traits: Traits,
  { leadOf, withNumber }: { readonly leadOf: ReadonlyMap<string, OldLead>; readonly withNumber: ReadonlySet<string> },
): Traits {
  if (traits.identifiers.length > 0) return traits;
  const phones = traits.leadIds
    .filter((leadId) => !withNumber.has(leadId))
    .map((leadId) => readIdentifier(leadOf.get(leadId)?.phone ?? null))
    .filter((identifier) => identifier !== undefined);
  return { ...traits, identifiers: phones, labels: [...traits.labels, ...phones.map(labelOfIdentifier)] };
}

/** A key that can be read as nobody's identifier joins conversations, but nobody can be reached by it. */
const namesSomebody = (label: string): boolean => !label.startsWith("key:");

/** Connected components over the labels, in the order of their first member. */
function groupByLabel(all: readonly Traits[]): readonly (readonly Traits[])[] {
  const parent = all.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    while (parent[at] !== undefined && parent[at] !== at) {
      const up = parent[at] ?? at;
      parent[at] = parent[up] ?? up;
      at = parent[at] ?? at;
    }
    return at;
  };
  const firstWith = new Map<string, number>();
  all.forEach(({ labels }, index) => {
    for (const label of labels) {
      const first = firstWith.get(label);
      if (first === undefined) firstWith.set(label, index);
      else {
        const [a, b] = [rootOf(first), rootOf(index)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const groups = new Map<number, Traits[]>();
  all.forEach((traits, index) => {
    if (traits.labels.length === 0) return;
    const root = rootOf(index);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [traits]);
    else group.push(traits);
  });
  return [...groups.values()];
}

function personOf(group: readonly Traits[], leadOf: ReadonlyMap<string, OldLead>): Person {
  const leadIds = [...new Set(group.flatMap((traits) => traits.leadIds))];
  const identifiers = new Map(
    group.flatMap((traits) => traits.identifiers).map((identifier) => [labelOfIdentifier(identifier), identifier]),
  );
  const name = leadIds.map((id) => leadOf.get(id)?.name ?? null).find(isGiven);
  return {
    leadIds,
    identifiers: [...identifiers.values()],
    name: name ?? undefined,
    conversations: group.map(({ conversation }) => conversation),
    evidence: evidenceOf(group),
  };
}

function evidenceOf(group: readonly Traits[]): readonly DuplicateEvidence[] {
  const waIds = new Set<string>();
  const labels = new Set<string>();
  return group.flatMap((traits, index) => {
    const waId = traits.conversation.customerWaId;
    const key = traits.conversation.canonicalKey;
    const shared = traits.labels.filter((label) => labels.has(label));
    const evidence = isGiven(waId) && waIds.has(waId) ? "same_wa_id" : sharedEvidence(shared, isGiven(key) && labels.has(`raw ${key}`));
    if (isGiven(waId)) waIds.add(waId);
    if (isGiven(key)) labels.add(`raw ${key}`);
    for (const label of traits.labels) labels.add(label);
    return index === 0 ? [] : [evidence];
  });
}

function sharedEvidence(shared: readonly string[], sameKey: boolean): DuplicateEvidence {
  if (shared.some((label) => !namesLead(label) && namesSomebody(label))) return "same_digits";
  if (shared.some(namesLead)) return "same_lead";
  return sameKey || shared.length > 0 ? "same_canonical_key" : "through_another";
}

interface PeopleOfSource {
  readonly persons: readonly Person[];
  readonly nameless: readonly OldConversation[];
  readonly leadOf: ReadonlyMap<string, OldLead>;
  readonly keepLeadIds: boolean;
}

function indexPeople({ persons, nameless, leadOf, keepLeadIds }: PeopleOfSource): People {
  const isReachable = ({ identifiers, leadIds }: Person): boolean => identifiers.length > 0 || (keepLeadIds && leadIds.length > 0);
  const reachable = persons.filter(isReachable);
  const unreachable = persons.filter((person) => !isReachable(person)).flatMap(({ conversations }) => conversations);
  const byConversation = new Map(reachable.flatMap((person) => person.conversations.map(({ id }) => [id, person])));
  const byLabel = new Map<string, Person>();
  const index = (person: Person): void => {
    for (const label of [...person.identifiers.map(labelOfIdentifier), ...person.leadIds.map(labelOfLead)]) {
      if (!byLabel.has(label)) byLabel.set(label, person);
    }
  };
  reachable.forEach(index);
  const all = [...nameless, ...unreachable];
  const known = new Set([...byConversation.keys(), ...all.map(({ id }) => id)]);
  return {
    persons: reachable,
    nameless: all,
    findByConversation: (oldId) => byConversation.get(oldId),
    isConversation: (oldId) => known.has(oldId),
    findByLead: (leadId) => {
      const person = byLabel.get(labelOfLead(leadId));
      if (person !== undefined) return person;
      const phone = readIdentifier(leadOf.get(leadId)?.phone ?? null);
      return phone === undefined ? undefined : byLabel.get(labelOfIdentifier(phone));
    },
    findByIdentifier: (identifier) => byLabel.get(labelOfIdentifier(identifier)),
    begin({ identifier, lead }) {
      const phone = lead === undefined ? undefined : readIdentifier(lead.phone);
      const identifiers = [identifier, phone].filter((one) => one !== undefined);
      if (identifiers.length === 0 && (lead === undefined || !keepLeadIds)) return undefined;
      const person: Person = {
        leadIds: lead === undefined ? [] : [lead.id],
        identifiers,
        name: lead !== undefined && isGiven(lead.name) ? lead.name : undefined,
        conversations: [],
        evidence: [],
      };
      index(person);
      return person;
    },
  };
}
