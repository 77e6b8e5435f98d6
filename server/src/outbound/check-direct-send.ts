// Owns: how Direct Send is refused when a message is accepted, and what is said of it and of templates when the window is closed. Refuses to know: what decides it (obstacle_of_direct_send in the database), and how it is sent.
import type { Row } from "../db/query.ts";
import type { FaultCode } from "../kernel/faults.ts";
import type { findAlternatives } from "./direct-send.queries.ts";

/** As the statement that locks the conversation reads it. */
interface DirectSendState {
  readonly is_window_open: boolean;
  readonly direct_send_obstacle: string | null;
  readonly direct_send_reason: string | null;
  readonly direct_send_until: Date | null;
}

export interface DirectSendRefusal {
  readonly outcome: "direct_send_refused";
  readonly code: Extract<FaultCode, "direct_send_unavailable" | "category_stopped">;
  /** For people: what is wrong, what was kept, what to do. */
  readonly sentence: string;
}

const WHY: Readonly<Record<string, string>> = {
  direct_send_off: "This business sends by Direct Send only where its settings allow it",
  direct_send_closed: "This account has no Direct Send now",
  category_stopped: "WhatsApp refuses this account the category UTILITY, templates and Direct Send alike,",
};

/** Undefined: nothing forbids it, or it is no Direct Send. */
export function refuseDirectSend(state: DirectSendState): DirectSendRefusal | undefined {
  const { direct_send_obstacle: obstacle, direct_send_until: until, is_window_open: isOpen } = state;
  if (obstacle === null) return undefined;
  const why = `${WHY[obstacle] ?? "Direct Send is not possible"}${until === null ? "" : ` until ${until.toISOString()}`}`;
  const reason = obstacle === "direct_send_off" ? DIRECT_SEND_SETTING : state.direct_send_reason;
  return {
    outcome: "direct_send_refused",
    code: obstacle === "category_stopped" ? obstacle : "direct_send_unavailable",
    sentence: [
      `${why}.`,
      ...(reason === null ? [] : [reason]),
      "Nothing was stored.",
      isOpen ? 'The window is open: without "category" it can be sent now.' : "Send a template, or wait until the customer writes.",
    ].join(" "),
  };
}

const DIRECT_SEND_SETTING =
  "(`directSend` of the business: try, known or never; `onethread channel list` shows what is known of the account.)";

/** What can be sent although the window is closed. */
export function describeAlternatives({ has_copy: hasCopy, templates, direct_send: directSend }: Row<typeof findAlternatives>): string {
  return [
    "Until the customer writes again, only a template may be sent:",
    templatesOf(hasCopy, templates),
    ...(directSend === "open" ? ['This account has Direct Send too: a text or buttons with "category":"utility".'] : []),
    ...(directSend === "unknown" ? ['It is not known whether this account has Direct Send; "category":"utility" tries it.'] : []),
  ].join(" ");
}

function templatesOf(hasCopy: boolean, count: number): string {
  if (!hasCopy) return "which the account has is not known yet (POST /api/v1/templates/sync).";
  if (count === 0) return "the account has none that can be sent (POST /api/v1/templates makes one).";
  return `the account has ${String(count)} that can be sent (GET /api/v1/templates?status=APPROVED).`;
}
