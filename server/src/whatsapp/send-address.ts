// Owns: where a message goes. Refuses to know: how any provider writes an address.

const ADDRESS_KINDS = ["phone", "user", "lid", "group"] as const;

/** A known phone is the better address: it keeps the phone visible in later webhooks. */
export interface SendAddress {
  /** `user`: a business-scoped user id, or a parent one. `lid`: a linked id, which only gateways know. */
  readonly kind: (typeof ADDRESS_KINDS)[number];
  /** The digits of a phone or of a linked id; a user id and a group whole. */
  readonly value: string;
}

export interface ReplyColumns {
  readonly reply_kind: string | null;
  readonly reply_address: string | null;
}

/** Undefined when nothing is known to send to. */
export function readSendAddress({ reply_kind, reply_address: value }: ReplyColumns): SendAddress | undefined {
  const kind = ADDRESS_KINDS.find((known) => known === reply_kind);
  return kind === undefined || value === null ? undefined : { kind, value };
}
