// Owns: which other spellings a phone number may have on WhatsApp (platform reference §9). For look-ups only: a variant is never stored, sent to or
// merged upon until a provider has confirmed it. Refuses to know: databases.

interface Rule {
  readonly pattern: RegExp;
  readonly variant: string;
}

// A landline (Brazil: the local number begins with 2 to 5) has no variant. Neither has 54… in Argentina: the mobile 549… with the same digits can
// belong to somebody else than the landline.
const RULES: readonly Rule[] = [
  { pattern: /^55(\d{2})9([6-9]\d{7})$/, variant: "55$1$2" },
  { pattern: /^55(\d{2})([6-9]\d{7})$/, variant: "55$19$2" },
  { pattern: /^521(\d{10})$/, variant: "52$1" },
  { pattern: /^52(\d{10})$/, variant: "521$1" },
  { pattern: /^549(\d{10})$/, variant: "54$1" },
  { pattern: /^22901(\d{8})$/, variant: "229$1" },
  { pattern: /^229(\d{8})$/, variant: "22901$1" },
];

/** `phone` in digits, without a plus. At most a few, usually none. */
export function phoneVariantsOf(phone: string): readonly string[] {
  return RULES.flatMap(({ pattern, variant }) => (pattern.test(phone) ? [phone.replace(pattern, variant)] : []));
}
