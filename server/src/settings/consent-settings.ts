// Owns: how a business has set that words about consent are understood and confirmed. Refuses to know: what is done about them.
import { confirmationOf, createFindConsentWord, findDefaultConsentWord, type ConsentWord } from "../words/consent-words.ts";
import { consentSettingsSchema, type ConsentSettings } from "./reply-settings.ts";

export interface ConsentWordToRecord {
  readonly word: ConsentWord;
  /** What the customer is told when it changes something; undefined: nothing. */
  readonly confirmation: string | undefined;
}

/** Undefined: the text is no such word. */
export type ReadConsentWord = (text: string) => ConsentWordToRecord | undefined;

/** `stored` as it is in the document; what cannot be read is as if nothing were set. */
export function createReadConsentWord(stored: unknown, language: string): ReadConsentWord {
  const parsed = consentSettingsSchema.safeParse(stored ?? {});
  const settings: ConsentSettings = parsed.success ? parsed.data : consentSettingsSchema.parse({});
  const { stopWords, startWords, confirms, stopText, startText } = settings;
  const find = stopWords === null && startWords === null ? findDefaultConsentWord : createFindConsentWord(settings);
  return (text) => {
    const said = find(text);
    if (said === undefined) return undefined;
    const own = said.word === "stop" ? stopText : startText;
    return { word: said.word, confirmation: confirms ? (own ?? confirmationOf(said, language)) : undefined };
  };
}
