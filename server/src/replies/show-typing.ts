// Owns: "read" and "typing" on the customer's phone. Best effort, and never longer than they would notice.
import { readSendAddress } from "../whatsapp/send-address.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import type { ReplyState } from "./refuse-turn.ts";

const TYPING_TIMEOUT_MS = 3_000;

/** Settles when the platform has answered, or after three seconds; never rejects. */
export async function showTyping(transportOf: TransportOf, state: ReplyState, providerMessageId: string | null): Promise<void> {
  const transport = transportOf(state.channel_provider, state.channel_settings);
  if (transport === undefined || providerMessageId === null || state.channel_external_id === null || state.access_token === null) return;
  const chat = readSendAddress(state);
  if (state.channel_stopped || chat === undefined) return;
  const channel = { key: state.channel_external_id, accessToken: state.access_token };
  const shown = transport.markRead({ channel, chat, providerMessageId, typing: true });
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([shown, new Promise((resolve) => (timer = setTimeout(resolve, TYPING_TIMEOUT_MS)))]);
  clearTimeout(timer);
}
