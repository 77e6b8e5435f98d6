// Owns: a message as another one names it, to quote it or to change it. Refuses to know: where it is kept, and how any provider writes it.
import type { JsonObject } from "../kernel/json.ts";
import { readString } from "../kernel/read-json.ts";
import { kindOf } from "./message-kinds.ts";
import { readParticipant } from "./participant.ts";
import type { SendAddress } from "./send-address.ts";

/** The Cloud API needs its id alone. WhatsApp Web names a message by chat, author and id, and shows a quote as whoever sends it wrote it. */
export interface NamedMessage {
  /** The provider's. */
  readonly id: string;
  /** The business sent it. Of one that is not known it is taken for the customer's. */
  readonly isOurs: boolean;
  /** Which member of a group wrote it. */
  readonly member?: SendAddress;
  /** What is read of it. */
  readonly text?: string;
}

/** From what the send statement says of it: `{id, isOurs, participant, text}`. */
export function readNamedMessage(named: JsonObject | null): NamedMessage | undefined {
  const id = readString(named ?? undefined, "id");
  if (named === null || id === undefined) return undefined;
  const member = memberOf(named);
  const text = readString(named, "text");
  return { id, isOurs: named["isOurs"] === true, ...(member === undefined ? {} : { member }), ...(text === undefined ? {} : { text }) };
}

/** Groups go by linked ids today; a phone is what older ones have. */
function memberOf(named: JsonObject): SendAddress | undefined {
  const { lid, phone } = readParticipant(named) ?? {};
  if (lid !== undefined) return { kind: "lid", value: lid };
  return phone === undefined ? undefined : { kind: "phone", value: phone };
}

/** What changes another message names it in its own node, and quotes nothing. */
export function quotedBy({
  content,
  names,
}: {
  readonly content: JsonObject;
  readonly names?: NamedMessage | undefined;
}): NamedMessage | undefined {
  return kindOf(readString(content, "type") ?? "").role === "change" ? undefined : names;
}
