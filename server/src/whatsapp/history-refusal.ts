// Owns: what a number's past that is not handed over says of the number (Meta: "Onboarding business app users"). Refuses to know: whose number it is.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readInteger, readObject, readString } from "../kernel/read-json.ts";
import { aspectOf, short, stateOf, type SignalFacts } from "./signal.ts";

/** The business has turned the sharing of its chats off. */
const DECLINED = 2593109;

/** Undefined: nothing was refused. */
export function readHistoryRefusal(value: JsonObject): SignalFacts | undefined {
  const errors = (readArray(value, "history") ?? []).flatMap((part) => (isObject(part) ? (readArray(part, "errors") ?? []) : []));
  const error = errors.find(isObject);
  if (error === undefined) return undefined;
  if (readInteger(error, "code") === DECLINED)
    return stateOf(
      "info",
      "The business does not share its earlier chats: only what is written from now on is here. Sharing is turned on in the WhatsApp Business app, before the number is connected.",
      aspectOf("history", "declined"),
    );
  const why = short(readString(readObject(error, "error_data"), "details") ?? readString(error, "title"));
  return stateOf(
    "warning",
    `WhatsApp could not hand over the earlier chats${why === "" ? "" : `: ${why}`}.`,
    aspectOf("history", "refused"),
  );
}
