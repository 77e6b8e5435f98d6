// Owns: the secrets of one call: looked up when it is made, and taken out of everything that comes back. Refuses to know: where they are kept.

export type FindSecret = (name: string) => Promise<string | undefined>;

export interface CallSecrets {
  /** By name; a name that is missing here has no value. */
  readonly values: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
  /** Servers like to quote what they were sent: the value and its usual spellings become "[secret]". */
  redact(text: string): string;
}

const SHORTEST = 4;

function spellingsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString("base64");
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64, base64.replaceAll("=", "")];
}

export async function lookUpSecrets(names: readonly string[], findSecret: FindSecret): Promise<CallSecrets> {
  const found = await Promise.all([...new Set(names)].map(async (name) => [name, await findSecret(name)] as const));
  const values = new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  const hidden = [...values.values()]
    .filter(({ length }) => length >= SHORTEST)
    .flatMap(spellingsOf)
    .toSorted((a, b) => b.length - a.length);
  const redact = (text: string): string => hidden.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text);
  return { values, missing: found.filter(([, value]) => value === undefined).map(([name]) => name), redact };
}
