// Owns: "read" and "typing" on the customer's phone. Best effort, and never longer than they would notice.
import type { TransportOf } from "../whatsapp/transport.ts";
import type { ReplyState } from "./refuse-turn.ts";

const TYPING_TIMEOUT_MS = 3_000;

/** Settles when the platform has answered, or after three seconds; never rejects. */
export async function showTyping(transportOf: TransportOf, state: ReplyState, providerMessageId: string | null): Promise<void> {
  const transport = transportOf(state.channel_provider, state.channel_settings);
  if (transport === undefined || providerMessageId === null || state.channel_external_id === null || state.access_token === null) return;
  if (state.channel_stopped) return;
  const to = chatOf(state);
  const shown = transport.markRead({
    phoneNumberId: state.channel_external_id,
    accessToken: state.access_token,
    providerMessageId,
    typing: true,
    ...(to === undefined ? {} : { to }),
  });
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([shown, new Promise((resolve) => (timer = setTimeout(resolve, TYPING_TIMEOUT_MS)))]);
  clearTimeout(timer);
}

function chatOf({ reply_kind, reply_address }: ReplyState): string | undefined {
  if (reply_address === null) return undefined;
  if (reply_kind === "phone") return `+${reply_address}`;
  return reply_kind === "lid" ? `${reply_address}@lid` : reply_address;
}
