// Owns: what an error of the Cloud API means for a message that we sent. Refuses to know: how answers are read, when exactly the next try happens.
import { type Codes, ERROR_ROWS, type ErrorRow, type ProviderErrorVerdict } from "./provider-error-rows.ts";

const SECOND_MS = 1000;

/** Another app has the thread (Meta: "Conversation routing"). */
export const OTHER_OWNER = 131070;
/** Only the app that people are handed over to may take one. */
export const OTHER_TAKER = 2494191;

export interface ProviderErrorSign {
  /** Absent for errors that came later, in a status. */
  readonly httpStatus?: number | undefined;
  /** Absent when the answer held no error that could be read. */
  readonly code?: number | undefined;
  readonly subcode?: number | undefined;
}

/** Always has an answer. What is not known to have been refused is `reconcile`, so that nothing is sent twice. */
export function classifyProviderError({ httpStatus, code, subcode }: ProviderErrorSign): ProviderErrorVerdict {
  if (code !== undefined) {
    const row = ERROR_ROWS.find((candidate) => holds(candidate.codes, code) && (candidate.subcode ?? subcode) === subcode);
    if (row !== undefined) return verdictOf(row);
  }
  return classifyHttpStatus(httpStatus, code);
}

/** Number, form or existence of its parameters; paused, disabled (Meta: "Cloud API error codes"): what is known of the message's template is old. */
const CODES_OF_OLD_TEMPLATES: ReadonlySet<number> = new Set([132000, 132001, 132012, 132015, 132016]);

export const isOfOldTemplate = (code: number): boolean => CODES_OF_OLD_TEMPLATES.has(code);

/** Whether a refusal with this code says something about more than its message: the customer, a category, a template, the channel. */
export function concernsMore(code: number): boolean {
  const { stops, stopsChannel, hold } = classifyProviderError({ code });
  return stops !== undefined || stopsChannel || hold !== undefined || isOfOldTemplate(code);
}

function verdictOf({ advice, minDelayMs, delayFactor, stopsChannel, sentence, hold, stops }: ErrorRow): ProviderErrorVerdict {
  return {
    advice,
    sentence,
    stopsChannel: stopsChannel ?? false,
    ...(minDelayMs === undefined ? {} : { minDelayMs }),
    ...(delayFactor === undefined ? {} : { delayFactor }),
    ...(hold === undefined ? {} : { hold }),
    ...(stops === undefined ? {} : { stops }),
  };
}

function holds(codes: Codes, code: number): boolean {
  return codes.some((entry) => (typeof entry === "number" ? entry === code : code >= entry[0] && code <= entry[1]));
}

function classifyHttpStatus(httpStatus: number | undefined, code: number | undefined): ProviderErrorVerdict {
  const what = `${httpStatus === undefined ? "" : ` with HTTP ${httpStatus}`}${code === undefined ? "" : ` with the code ${code}`}`;
  if (httpStatus === 429) {
    return {
      advice: "backoff",
      minDelayMs: SECOND_MS,
      stopsChannel: false,
      hold: { forMs: SECOND_MS, slowsForMs: 30 * SECOND_MS, reason: "WhatsApp asks for fewer calls." },
      sentence: "WhatsApp asks for fewer calls. The message is kept and is sent again later. Nothing needs to be done.",
    };
  }
  if (httpStatus === 401) {
    return {
      advice: "never",
      stopsChannel: true,
      sentence: "WhatsApp refused the access token. The message is kept unsent. Enter a valid token for this channel.",
    };
  }
  if (httpStatus !== undefined && httpStatus >= 300 && httpStatus < 400) {
    return {
      advice: "never",
      stopsChannel: true,
      sentence: `The Graph address answered${what}, a redirect, which is never followed. The message is kept unsent. Correct the Graph address in the settings.`,
    };
  }
  if (httpStatus === undefined ? code !== undefined : httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408) {
    return {
      advice: "never",
      stopsChannel: false,
      sentence: `WhatsApp refused the message${what}, which is not in the list of known errors. The message is kept unsent. Read the details and decide.`,
    };
  }
  return {
    advice: "reconcile",
    stopsChannel: false,
    sentence: `WhatsApp answered${what} without saying whether it took the message, so it is not sent again. Wait for its status, or decide by hand.`,
  };
}
