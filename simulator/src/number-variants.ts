// Owns the national spellings under which WhatsApp knows one and the same phone (BR, MX, AR). Changes nothing, only lists.

/** The other spelling of the same phone, if its country has one. */
export function otherSpellingOf(phone: string): string | undefined {
  if (/^55\d{2}9\d{8}$/.test(phone)) return phone.slice(0, 4) + phone.slice(5);
  if (/^55\d{2}[6-9]\d{7}$/.test(phone)) return `${phone.slice(0, 4)}9${phone.slice(4)}`;
  if (/^521\d{10}$/.test(phone)) return `52${phone.slice(3)}`;
  if (/^52\d{10}$/.test(phone)) return `521${phone.slice(2)}`;
  if (/^549\d{10}$/.test(phone)) return `54${phone.slice(3)}`;
  if (/^54\d{10}$/.test(phone)) return `549${phone.slice(2)}`;
  return undefined;
}
