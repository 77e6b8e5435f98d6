// Owns: "read" and "typing" on the customer's phone: early, while they may still be writing, and else when the responder is asked. Best effort, and
// never longer than they would notice.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { readSendAddress } from "../whatsapp/send-address.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import { readBurst, refuseTurn } from "./decide-turn.ts";
import type { LoadTurn, TurnInProgress } from "./load-turn.ts";

export interface TypingDeps {
  readonly loadTurn: LoadTurn;
  readonly transportOf: TransportOf;
  readonly log: Log;
}

export interface Typing {
  /** For lanes whose customer may still be writing. Never rejects. */
  showEarly(lanes: readonly ClaimedLane[]): void;
  /** Settles when the platform has answered, or after three seconds; never rejects. */
  show(turn: TurnInProgress): Promise<void>;
}

const TYPING_TIMEOUT_MS = 3_000;

export function createTyping({ loadTurn, transportOf, log }: TypingDeps): Typing {
  async function show({ state, thread: { newestInbound: providerMessageId } }: TurnInProgress): Promise<void> {
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

  /** It is at the first message of a burst that a lane is looked at early, by any process; so this is derived, not remembered. */
  const wasShownEarly = ({ lane, state, thread }: TurnInProgress): boolean =>
    state.shows_typing_early && thread.burst.length === 1 && lane.attempts === 0;

  async function showOneEarly(lane: ClaimedLane): Promise<void> {
    const turn = await loadTurn(lane);
    if (refuseTurn(turn) === undefined && readBurst(turn).outcome === "ask") await show(turn);
  }

  return {
    showEarly(lanes) {
      for (const lane of lanes) {
        showOneEarly(lane).catch((error: unknown) => {
          log.warn({ conversationId: lane.conversationId, error: messageOf(error) }, "turn.typing-not-shown");
        });
      }
    },
    show: async (turn) => (wasShownEarly(turn) ? undefined : show(turn)),
  };
}
