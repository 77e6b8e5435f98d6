// Owns: webhook bodies as Meta would send them, for tests that need nothing of the simulator.
let counter = 0;

export interface TestMessage {
  readonly id?: string;
  readonly from?: string;
  readonly userId?: string;
  readonly text?: string;
  readonly at?: number;
  readonly name?: string;
  /** Of another type than text: its type, and its node. */
  readonly node?: Readonly<Record<string, unknown>>;
}

export function textMessage({ id, from, userId, text = "hello", at, node }: TestMessage): Record<string, unknown> {
  counter += 1;
  return {
    ...(from === undefined ? {} : { from }),
    ...(userId === undefined ? {} : { from_user_id: userId }),
    id: id ?? `wamid.test-${String(process.pid)}-${String(counter)}`,
    timestamp: String(at ?? Math.floor(Date.now() / 1000)),
    ...(node ?? { type: "text", text: { body: text } }),
  };
}

export function webhookBody(phoneNumberId: string, value: Record<string, unknown>, field = "messages"): Buffer {
  const metadata = { display_phone_number: "15550100200", phone_number_id: phoneNumberId };
  const change = { field, value: { messaging_product: "whatsapp", metadata, ...value } };
  return Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [change] }] }));
}

export function messagesBody(phoneNumberId: string, ...messages: readonly TestMessage[]): Buffer {
  return webhookBody(phoneNumberId, { messages: messages.map(textMessage) });
}
