// Owns: what a text of an older database says about a person: a phone number, a LID, a BSUID, a group, or nobody. Only what is certain:
// digits stay as they are, and two numbers that merely look alike stay two.
import { type Identifier, phoneDigits, phoneIdentifier } from "../identity/identifier.ts";
import { classifyJid } from "../whatsapp/gateways/jid.ts";

const USER_ID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;
const WRITTEN_NUMBER = /^\+?[\d\s().\-/]+$/;

/** Undefined: it names nobody (empty, a broadcast, a newsletter, a number without its country). */
export function readIdentifier(text: string | null): Identifier | undefined {
  const written = text?.trim() ?? "";
  if (written === "") return undefined;
  if (written.includes("@")) return readJid(written);
  if (USER_ID.test(written)) return { kind: "user", value: written, scope: null };
  return WRITTEN_NUMBER.test(written) ? phoneOf(written) : undefined;
}

function readJid(text: string): Identifier | undefined {
  const jid = classifyJid(text);
  if (jid === undefined || jid.kind === "ignored") return undefined;
  return jid.kind === "phone" ? phoneOf(jid.value) : { kind: jid.kind, value: jid.value, scope: null };
}

/** E.164 has at most 15 digits and no country that begins with 0: "0171 …" is somebody's number in an unknown country. */
function phoneOf(written: string): Identifier | undefined {
  const digits = phoneDigits(written);
  return digits !== undefined && /^[1-9]\d{6,14}$/.test(digits) ? phoneIdentifier(digits) : undefined;
}

/** What a canonical key of the older system says, `kind:value` or `kind:business:value`; undefined when it says nothing about who it is. */
export function readCanonicalKey(key: string, oldBusinessId: string): Identifier | undefined {
  const [kind = "", ...rest] = key.trim().split(":");
  const value = (rest[0] === oldBusinessId ? rest.slice(1) : rest).join(":");
  if (value === "") return undefined;
  if (kind === "lead") return { kind, value, scope: null };
  const server = kind === "lid" ? "@lid" : kind === "group" ? "@g.us" : "";
  const identifier = readIdentifier(value.includes("@") ? value : `${value}${server}`);
  return identifier?.kind === kind ? identifier : undefined;
}
