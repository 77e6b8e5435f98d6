// Owns: what an answer of the Graph API to a request about templates says, and what its absence does. Refuses to know: what was asked.
import type { JsonObject } from "../kernel/json.ts";
import { parseObject, readInteger, readObject, readString } from "../kernel/read-json.ts";
import type { Exchange } from "./http-exchange.ts";
import { NO_CODE, readProviderFault } from "./provider-fault.ts";
import type { PlatformFailure } from "./template-platform.ts";

/** Of what the platform says, in a sentence of ours. */
export const MAX_SAID = 500;
/** The object is not there, or this token does not see it (Graph API, subcode of 100). */
const SUBCODE_MISSING = 33;
/** Calls of the app or of the account per hour. */
const TOO_MANY_CALLS: ReadonlySet<number> = new Set([4, 80007]);

export type TemplateAnswer = { readonly outcome: "answered"; readonly body: JsonObject } | PlatformFailure;

/** Nothing was asked. */
export function refusedTemplate(sentence: string): PlatformFailure {
  return { outcome: "refused", code: NO_CODE, sentence, mayPass: false };
}

export function readTemplateAnswer(result: Exchange): TemplateAnswer {
  if (result.end === "not-written") {
    return { outcome: "refused", code: NO_CODE, sentence: `WhatsApp could not be reached (${nameOf(result.error)}).`, mayPass: true };
  }
  if (result.end === "broken") {
    return { outcome: "uncertain", sentence: `The connection to WhatsApp ended without a whole answer (${nameOf(result.error)}).` };
  }
  const body = parseObject(result.text);
  const error = readObject(body, "error");
  const isFine = result.httpStatus >= 200 && result.httpStatus <= 299;
  if (isFine && error === undefined && body !== undefined) return { outcome: "answered", body };
  if (error === undefined)
    return { outcome: "uncertain", sentence: `WhatsApp answered HTTP ${result.httpStatus} with something that is no answer.` };
  return refusalOf(error, result.httpStatus);
}

function refusalOf(error: JsonObject, httpStatus: number): PlatformFailure {
  const { code, title, details } = readProviderFault(error) ?? { code: NO_CODE, title: "" };
  // Sentences that Meta writes for people, where it does.
  const forPeople = [readString(error, "error_user_title"), readString(error, "error_user_msg")].filter((part) => part !== undefined);
  const said = [...new Set([...forPeople, title, ...(details === undefined ? [] : [details])])].filter((part) => part !== "").join(". ");
  const sentence = `WhatsApp refused it (${code}): ${said.slice(0, MAX_SAID)}`;
  if (code === 100 && readInteger(error, "error_subcode") === SUBCODE_MISSING) return { outcome: "missing", sentence };
  const mayPass = TOO_MANY_CALLS.has(code) || httpStatus === 429;
  return httpStatus >= 500 && !mayPass ? { outcome: "uncertain", sentence } : { outcome: "refused", code, sentence, mayPass };
}

function nameOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
