// Owns: what a customer is called, by one rule: the business's own name for the lead, the name in the contact book, the name that the customer gave
// themselves, the number, the username. Never a LID or another raw identifier. Refuses to know: databases, languages.
// The default (minimal) metadata on purpose: the full one counts Brazilian mobiles without their ninth digit as invalid, and WhatsApp has them.
import { parsePhoneNumberFromString } from "libphonenumber-js";

export interface NameParts {
  readonly leadName?: string | null | undefined;
  readonly contactName?: string | null | undefined;
  readonly pushName?: string | null | undefined;
  /** Digits, with or without a plus. */
  readonly phone?: string | null | undefined;
  readonly username?: string | null | undefined;
}

/** Undefined when none of these is known. */
export function displayNameOf({ leadName, contactName, pushName, phone, username }: NameParts): string | undefined {
  const digits = phone?.replaceAll(/\D/g, "") ?? "";
  // WhatsApp gives the number itself, or a dot, where somebody has no name.
  const isName = (name: string): boolean =>
    /[\p{L}\p{N}\p{Emoji}]/u.test(name) && !(/^[+\d\s().-]+$/.test(name) && name.replaceAll(/\D/g, "") === digits);
  const name = [leadName, contactName, pushName].map((one) => one?.trim() ?? "").find(isName);
  if (name !== undefined) return name;
  if (digits !== "") return formatPhone(digits);
  const handle = username?.trim().replace(/^@/, "") ?? "";
  return handle === "" ? undefined : `@${handle}`;
}

function formatPhone(digits: string): string {
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  return parsed?.isPossible() === true ? parsed.formatInternational() : `+${digits}`;
}
