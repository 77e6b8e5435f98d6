// Owns: the content of a message in the Cloud API's shape as Baileys takes it. Refuses to know: whom it goes to.

export type Content = Readonly<Record<string, unknown>>;

/** What Onethread tells of the message that this one names. */
export interface NamedKey {
  readonly fromMe: boolean;
  readonly participant?: string;
  readonly text?: string;
}

export function readNamed(named: unknown): NamedKey {
  if (!isRecord(named)) return { fromMe: false };
  const { fromMe, participant, text } = named;
  return {
    fromMe: fromMe === true,
    ...(typeof participant === "string" && { participant }),
    ...(typeof text === "string" && { text }),
  };
}

/** Baileys takes author and words of a quote from whoever quotes: it keeps no messages. */
export function toQuoted(id: string, to: string, { text, ...key }: NamedKey): Content {
  return { key: { remoteJid: to, id, ...key }, message: { conversation: text ?? "" } };
}

/** Undefined when Baileys cannot send it. */
export function toBaileysContent(
  content: Content,
  to: string,
  { text: _text, ...target }: NamedKey = { fromMe: false },
): Content | undefined {
  const type = content["type"];
  const node = typeof type === "string" && isRecord(content[type]) ? content[type] : undefined;
  if (type === "contacts") return contactsOf(content["contacts"]);
  if (node === undefined) return undefined;
  const text = (key: string): string | undefined => (typeof node[key] === "string" ? node[key] : undefined);
  const link = text("link");
  const file = link === undefined ? undefined : { url: link };
  switch (type) {
    case "text":
      return { text: text("body") ?? "" };
    case "image":
    case "video":
      return file && { [type]: file, ...(text("caption") !== undefined && { caption: text("caption") }) };
    case "document": {
      const fileName = text("filename") ?? "file";
      return (
        file && {
          document: file,
          fileName,
          mimetype: text("mime_type") ?? "application/octet-stream",
          ...(text("caption") !== undefined && { caption: text("caption") }),
        }
      );
    }
    case "audio":
      return file && { audio: file, mimetype: text("mime_type") ?? "audio/ogg; codecs=opus", ptt: node["voice"] === true };
    case "sticker":
      return file && { sticker: file };
    case "location":
      return {
        location: { degreesLatitude: node["latitude"], degreesLongitude: node["longitude"], name: text("name"), address: text("address") },
      };
    case "reaction":
      return { react: { text: text("emoji") ?? "", key: { remoteJid: to, id: text("message_id"), ...target } } };
    default:
      return undefined;
  }
}

function contactsOf(cards: unknown): Content | undefined {
  if (!Array.isArray(cards)) return undefined;
  const contacts = cards.filter(isRecord).map((card) => {
    const name = isRecord(card["name"]) && typeof card["name"]["formatted_name"] === "string" ? card["name"]["formatted_name"] : "";
    const phones = (Array.isArray(card["phones"]) ? card["phones"] : []).filter(isRecord);
    const lines = phones.map(({ phone, wa_id: waId }) => {
      const shown = typeof phone === "string" ? phone : `+${String(waId)}`;
      return `TEL;type=CELL;waid=${typeof waId === "string" ? waId : shown.replaceAll(/\D/g, "")}:${shown}`;
    });
    return { displayName: name, vcard: ["BEGIN:VCARD", "VERSION:3.0", `FN:${name}`, ...lines, "END:VCARD"].join("\n") };
  });
  return { contacts: { displayName: contacts[0]?.displayName ?? "", contacts } };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
