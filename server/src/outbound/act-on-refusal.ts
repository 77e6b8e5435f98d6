// Owns: what WhatsApp's refusal of one message says about more than that message: the customer stopped marketing. It comes as the answer to a send, or days later as a status.
// Refuses to know: what becomes of the message itself.
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { SendStop } from "../whatsapp/transport.ts";
import { recordRefusedMarketing } from "./act-on-refusal.queries.ts";

export interface SendRefusal {
  readonly businessId: BusinessId;
  /** Ours, or the provider's id for it on a channel. One that we do not know is nobody's. */
  readonly message: { readonly messageId: string } | { readonly channelId: string; readonly providerMessageId: string };
  /** When WhatsApp refused it; absent: when it was tried. */
  readonly at?: Date;
  readonly stops: SendStop;
  /** For so long a row that somebody else holds is waited for; then it rejects. */
  readonly patienceMs: number;
}

/** Resolves when it is durable; doing it again changes nothing. */
export type ActOnRefusal = (refusal: SendRefusal) => Promise<void>;

/** A merge in the very moment moves the message to another conversation, once or twice. */
const MOVES = 3;

export function createActOnRefusal({ database }: { readonly database: Database }): ActOnRefusal {
  return async ({ businessId, message, at, stops, patienceMs }) => {
    if (stops !== "marketing") return;
    const db = database.forBusiness(businessId);
    const values = { ...nobody, ...message, at, eventId: newId(), patience: `${String(patienceMs)}ms` };
    for (let move = 0; move < MOVES; move += 1) if ((await db.run(recordRefusedMarketing, values)).length === 0) return;
  };
}

const nobody = { messageId: undefined, channelId: undefined, providerMessageId: undefined };
