// Owns: who is who in one business of an older database. Two rows are the same person when they carry the same digits, the same wa_id, the
// same lead or the same canonical key; never because two numbers look alike. Pure.
import { readCanonicalKey, readIdentifier, type OldIdentifier } from "./identifiers.ts";
import type { OldConversation, OldLead } from "./old-rows.ts";

export type DuplicateEvidence = "same_wa_id" | "same_digits" | "same_lead" | "same_canonical_key" | "through_another";

export interface Person {
  /** Of the older system; the first one stays. */
  readonly leadIds: readonly string[];
  /** The oldest conversation's come first. */
  readonly identifiers: readonly OldIdentifier[];
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
  findByIdentifier(identifier: OldIdentifier): Person | undefined;
  /** A person of whom only a message tells; the same one for the same identifier or lead. */
  begin(start: { readonly identifier?: OldIdentifier | undefined; readonly lead?: OldLead | undefined }): Person | undefined;
}

interface Traits {
  readonly conversation: OldConversation;
  readonly tokens: readonly string[];
  readonly identifiers: readonly OldIdentifier[];
}

const tokenOf = ({ kind, value }: OldIdentifier): string => `${kind} ${value}`;
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
  const withNumber = new Set(own.flatMap(({ identifiers, tokens }) => (identifiers.length === 0 ? [] : tokens.filter(isLeadToken))));
  const all = own.map((traits) => withLeadPhone(traits, { leadOf, withNumber }));
  const groups = groupByToken(all);
  const persons = groups.map((group) => personOf(group, leadOf));
  const nameless = all.filter(({ tokens }) => tokens.length === 0).map(({ conversation }) => conversation);
  return indexPeople({ persons, nameless, leadOf, keepLeadIds });
}

const isLeadToken = (token: string): boolean => token.startsWith("lead ");
const timeOf = (row: OldConversation): string => row.createdAt ?? row.startedAt ?? row.lastMessageAt ?? "~";

function traitsOf(conversation: OldConversation, oldBusinessId: string): Traits {
  const { customerWaId, customerNumber, leadId, canonicalKey } = conversation;
  const meaning = isGiven(canonicalKey) ? readCanonicalKey(canonicalKey, oldBusinessId) : undefined;
  const identifiers = [readIdentifier(customerWaId), readIdentifier(customerNumber), meaning?.kind === "lead" ? undefined : meaning]
    .filter((identifier) => identifier !== undefined)
    .filter((identifier, at, list) => list.findIndex((other) => tokenOf(other) === tokenOf(identifier)) === at);
  const leadIds = new Set([...(isGiven(leadId) ? [leadId] : []), ...(meaning?.kind === "lead" ? [meaning.value] : [])]);
  const tokens = [...identifiers.map(tokenOf), ...[...leadIds].map((id) => `lead ${id}`)];
  if (isGiven(canonicalKey) && meaning === undefined) tokens.push(`key ${canonicalKey}`);
  return { conversation, tokens, identifiers };
}

function withLeadPhone(
  traits: Traits,
  { leadOf, withNumber }: { readonly leadOf: ReadonlyMap<string, OldLead>; readonly withNumber: ReadonlySet<string> },
): Traits {
  if (traits.identifiers.length > 0) return traits;
  const phones = traits.tokens
    .filter((token) => isLeadToken(token) && !withNumber.has(token))
    .map((token) => readIdentifier(leadOf.get(token.slice("lead ".length))?.phone ?? null))
    .filter((identifier) => identifier !== undefined);
  return { ...traits, identifiers: phones, tokens: [...traits.tokens, ...phones.map(tokenOf)] };
}

/** A name of its own kind that nothing can be reached by does not make a person. */
const namesSomebody = (token: string): boolean => !token.startsWith("key ");

/** Connected components over the tokens, in the order of their first member. */
function groupByToken(all: readonly Traits[]): readonly (readonly Traits[])[] {
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
  all.forEach(({ tokens }, index) => {
    for (const token of tokens) {
      const first = firstWith.get(token);
      if (first === undefined) firstWith.set(token, index);
      else {
        const [a, b] = [rootOf(first), rootOf(index)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const groups = new Map<number, Traits[]>();
  all.forEach((traits, index) => {
    if (traits.tokens.length === 0) return;
    const root = rootOf(index);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [traits]);
    else group.push(traits);
  });
  return [...groups.values()];
}

function personOf(group: readonly Traits[], leadOf: ReadonlyMap<string, OldLead>): Person {
  const tokens = group.flatMap((traits) => traits.tokens);
  const leadIds = [...new Set(tokens.filter(isLeadToken))].map((token) => token.slice("lead ".length));
  const identifiers = new Map(group.flatMap((traits) => traits.identifiers).map((identifier) => [tokenOf(identifier), identifier]));
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
  const tokens = new Set<string>();
  return group.flatMap((traits, index) => {
    const waId = traits.conversation.customerWaId;
    const key = traits.conversation.canonicalKey;
    const shared = traits.tokens.filter((token) => tokens.has(token));
    const evidence = isGiven(waId) && waIds.has(waId) ? "same_wa_id" : sharedEvidence(shared, isGiven(key) && tokens.has(`raw ${key}`));
    if (isGiven(waId)) waIds.add(waId);
    if (isGiven(key)) tokens.add(`raw ${key}`);
    for (const token of traits.tokens) tokens.add(token);
    return index === 0 ? [] : [evidence];
  });
}

function sharedEvidence(shared: readonly string[], sameKey: boolean): DuplicateEvidence {
  if (shared.some((token) => !isLeadToken(token) && namesSomebody(token))) return "same_digits";
  if (shared.some(isLeadToken)) return "same_lead";
  return sameKey || shared.length > 0 ? "same_canonical_key" : "through_another";
}

interface Found {
  readonly persons: readonly Person[];
  readonly nameless: readonly OldConversation[];
  readonly leadOf: ReadonlyMap<string, OldLead>;
  readonly keepLeadIds: boolean;
}

function indexPeople({ persons, nameless, leadOf, keepLeadIds }: Found): People {
  const isReachable = ({ identifiers, leadIds }: Person): boolean => identifiers.length > 0 || (keepLeadIds && leadIds.length > 0);
  const reachable = persons.filter(isReachable);
  const unreachable = persons.filter((person) => !isReachable(person)).flatMap(({ conversations }) => conversations);
  const byConversation = new Map(reachable.flatMap((person) => person.conversations.map(({ id }) => [id, person])));
  const byToken = new Map<string, Person>();
  const index = (person: Person): void => {
    for (const token of [...person.identifiers.map(tokenOf), ...person.leadIds.map((id) => `lead ${id}`)]) {
      if (!byToken.has(token)) byToken.set(token, person);
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
      const person = byToken.get(`lead ${leadId}`);
      if (person !== undefined) return person;
      const phone = readIdentifier(leadOf.get(leadId)?.phone ?? null);
      return phone === undefined ? undefined : byToken.get(tokenOf(phone));
    },
    findByIdentifier: (identifier) => byToken.get(tokenOf(identifier)),
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
