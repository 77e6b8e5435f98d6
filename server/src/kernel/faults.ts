// Owns: the registry of fault codes (they are API: docs/errors.md) and the one error class that carries them.

interface FaultSpec {
  readonly status: number;
  readonly title: string;
}

export const FAULTS = {
  bad_request: { status: 400, title: "The request cannot be understood" },
  invalid_content: { status: 422, title: "The content of the message is not valid" },
  unauthorized: { status: 401, title: "The API key is missing or wrong" },
  signature_invalid: { status: 401, title: "The webhook signature is missing or wrong" },
  verify_token_invalid: { status: 403, title: "The verify token is wrong" },
  not_found: { status: 404, title: "There is no such thing" },
  window_closed: { status: 409, title: "The customer's 24-hour window is closed" },
  opted_out: { status: 409, title: "The customer opted out" },
  no_address: { status: 409, title: "The conversation has no address to send to" },
  message_not_queued: { status: 409, title: "The message does not wait to be sent" },
  message_not_scheduled: { status: 409, title: "The message is not scheduled" },
  message_not_unknown: { status: 409, title: "The outcome of the message is known" },
  message_not_failed: { status: 409, title: "The message has neither failed nor been cancelled" },
  unsupported_on_channel: { status: 422, title: "The channel of this conversation cannot send this" },
  template_parameters: { status: 422, title: "The template is not filled in as it should be" },
  template_unknown: { status: 409, title: "The account has no such template" },
  template_paused: { status: 409, title: "The template is paused" },
  template_disabled: { status: 409, title: "The template is disabled" },
  template_rejected: { status: 409, title: "The template was rejected" },
  template_deleted: { status: 409, title: "The template was deleted" },
  template_archived: { status: 409, title: "The template is archived" },
  category_stopped: { status: 409, title: "WhatsApp refuses the account templates of this category" },
  direct_send_unavailable: { status: 409, title: "Direct Send is not possible" },
  template_invalid: { status: 422, title: "WhatsApp would not take the template for its form" },
  template_exists: { status: 409, title: "The account has a template of this name and language" },
  template_limit: { status: 409, title: "The account, or the template, has reached a limit of WhatsApp's" },
  template_not_editable: { status: 409, title: "The template cannot be changed as it is" },
  platform_refused: { status: 422, title: "WhatsApp refused it" },
  platform_unavailable: { status: 503, title: "WhatsApp did not answer" },
  account_unknown: { status: 409, title: "It is not known which WhatsApp Business Account is meant" },
  thread_not_ours: { status: 409, title: "Another app has the thread" },
  thread_not_takable: { status: 409, title: "WhatsApp does not let this app take threads" },
  campaign_state: { status: 409, title: "The campaign is in another state" },
  campaign_not_ready: { status: 409, title: "The campaign cannot be started yet" },
  list_unreadable: { status: 422, title: "The list of recipients cannot be read" },
  media_refused: { status: 422, title: "The file cannot be kept" },
  media_ready: { status: 409, title: "The file is there already" },
  transcript_ready: { status: 409, title: "The voice note is written down already" },
  link_expired: { status: 410, title: "The link has expired" },
  lead_conflict: { status: 409, title: "The conversation belongs to another lead" },
  identity_conflict: { status: 409, title: "The identifiers belong to different people" },
  idempotency_conflict: { status: 422, title: "The idempotency key was used with another request" },
  invalid_settings: { status: 422, title: "The settings are not valid" },
  turn_already_answered: { status: 409, title: "The turn already has its answer" },
  turn_expired: { status: 409, title: "The answer came too late" },
  turn_superseded: { status: 409, title: "The customer sent a newer message" },
  turn_taken_over: { status: 409, title: "A person answers instead of the AI" },
  turn_not_waiting: { status: 409, title: "The turn is not waiting for an answer" },
  tool_name_taken: { status: 409, title: "Another tool has this name" },
  tool_call_decided: { status: 409, title: "The tool call has already been decided" },
  tool_call_over: { status: 409, title: "The tool call will no longer be made" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body must be JSON" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "Not available right now, nothing was accepted: send it again" },
} as const satisfies Record<string, FaultSpec>;

export type FaultCode = keyof typeof FAULTS;

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

interface FaultOptions {
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number;
  readonly errors?: readonly FieldError[];
}

/** A fault with a stable code. `message` is a sentence for the person who reads it: what happened, what was kept, what to do. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly retryAfterSeconds: number | undefined;
  /** Each place of the request that is wrong, when there is one to name. */
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.errors = options.errors;
  }
}

/** For log lines, reasons and rows: what PostgreSQL or JSON.parse quotes of the text they were given is left out. It may be a customer's. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("severity" in error || "internalQuery" in error) {
    const at = error.message.indexOf(': "');
    return at < 0 ? error.message : `${error.message.slice(0, at)}: (left out)`;
  }
  return error instanceof SyntaxError
    ? error.message.replace(/(?:, )?(?:\.\.\.)?"[^]*"(?:\.\.\.)?(?= is not valid JSON$)/, "")
    : error.message;
}
