// Owns: to whom a message of an older database belongs, and by what evidence; or why nobody can say. Pure.
import { readIdentifier } from "./read-identifier.ts";
import { directionOf } from "./old-message.ts";
import type { OldLead, OldMessage } from "./old-rows.ts";
import type { People, Person } from "./people.ts";

export const UNPLACEABLE = {
  no_business: "It belongs to no business.",
  no_time: "It has no time, so it has no place in a thread.",
  no_direction: "Its direction is neither inbound nor outbound.",
  conversation_names_nobody: "Its conversation has no usable number, id or lead, and neither has the message.",
  conversation_missing: "Its conversation does not exist (any more), and the message names nobody.",
  lead_missing: "Its lead does not exist (any more), and the message names nobody.",
  names_nobody: "It has no conversation, no lead, and no usable number of the customer.",
  lead_and_number_differ: "It has no conversation, and its lead and its number lead to two different people.",
  no_message: "It is not a message, but a key, a receipt or a setting of WhatsApp's protocol.",
  provider_id_of_another: "Its provider id belongs to another message, with another direction, thread or text.",
  source_name_in_use: "A row with this id, but another time, was adopted under the same source name: give this database another --source.",
} as const;
export type UnplaceableReason = keyof typeof UNPLACEABLE;

export type PlacedBy = "conversation" | "customer" | "lead" | "to_number";

export type MessagePlacement =
  | { readonly outcome: "placed"; readonly person: Person; readonly by: PlacedBy; readonly direction: "in" | "out" }
  | { readonly outcome: "unplaceable"; readonly reason: UnplaceableReason };

export interface Register {
  readonly people: People;
  readonly leads: ReadonlyMap<string, OldLead>;
}

type MessageOwner = { readonly person: Person; readonly by: PlacedBy } | UnplaceableReason;

/** The conversation first, then whoever the message itself names: never a guess. */
export function placeMessage(row: OldMessage, register: Register): MessagePlacement {
  const direction = directionOf(row);
  if (direction === undefined) return { outcome: "unplaceable", reason: "no_direction" };
  if (row.createdAt === null || !/^\d{4}-/.test(row.createdAt) || row.createdAt.endsWith("BC"))
    return { outcome: "unplaceable", reason: "no_time" };
  const owner = findOwner(row, direction, register);
  return typeof owner === "string" ? { outcome: "unplaceable", reason: owner } : { outcome: "placed", direction, ...owner };
}

function findOwner(row: OldMessage, direction: "in" | "out", { people, leads }: Register): MessageOwner {
  const ofConversation = row.conversationId === null ? undefined : people.findByConversation(row.conversationId);
  if (ofConversation !== undefined) return { person: ofConversation, by: "conversation" };
  const customer = readIdentifier(row.customer);
  const named = customer === undefined ? undefined : (people.findByIdentifier(customer) ?? people.begin({ identifier: customer }));
  if (named !== undefined) return { person: named, by: "customer" };
  // Only what was sent names the customer there: an inbound message was sent to the business.
  const number = direction === "out" ? readIdentifier(row.toNumber) : undefined;
  const byNumber = number === undefined ? undefined : people.findByIdentifier(number);
  const byLead = row.leadId === null ? undefined : people.findByLead(row.leadId);
  if (byLead !== undefined && byNumber !== undefined && byLead !== byNumber) return "lead_and_number_differ";
  if (byLead !== undefined) return { person: byLead, by: "lead" };
  if (byNumber !== undefined) return { person: byNumber, by: "to_number" };
  const lead = row.leadId === null ? undefined : leads.get(row.leadId);
  const begun = number !== undefined ? people.begin({ identifier: number }) : lead === undefined ? undefined : people.begin({ lead });
  if (begun !== undefined) return { person: begun, by: number === undefined ? "lead" : "to_number" };
  if (row.conversationId !== null) return people.isConversation(row.conversationId) ? "conversation_names_nobody" : "conversation_missing";
  return row.leadId === null ? "names_nobody" : "lead_missing";
}
