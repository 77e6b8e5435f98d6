// Owns: the languages that texts may be in: by the names that people use, to the names of PostgreSQL's text search configurations.

const CONFIGURATIONS: Readonly<Record<string, readonly string[]>> = {
  arabic: ["ar"],
  armenian: ["hy"],
  basque: ["eu"],
  catalan: ["ca"],
  danish: ["da"],
  dutch: ["nl"],
  english: ["en"],
  finnish: ["fi"],
  french: ["fr"],
  german: ["de"],
  greek: ["el"],
  hindi: ["hi"],
  hungarian: ["hu"],
  indonesian: ["id"],
  irish: ["ga"],
  italian: ["it"],
  lithuanian: ["lt"],
  nepali: ["ne"],
  norwegian: ["no", "nb", "nn"],
  portuguese: ["pt"],
  romanian: ["ro"],
  russian: ["ru"],
  serbian: ["sr"],
  spanish: ["es"],
  swedish: ["sv"],
  tamil: ["ta"],
  turkish: ["tr"],
  yiddish: ["yi"],
};

/** Words as they are, for languages whose stems PostgreSQL does not know. */
const WITHOUT_STEMS = new Set(["simple", "hebrew", "he", "iw", "other"]);

const BY_CODE = new Map(Object.entries(CONFIGURATIONS).flatMap(([name, codes]) => [name, ...codes].map((code) => [code, name] as const)));

/** Undefined: no such language is known. `Portuguese`, `pt` and `pt-BR` are the same. */
export function findTextLanguage(name: string): string | undefined {
  const plain = name.trim().toLowerCase();
  const code = plain.split(/[-_]/, 1)[0] ?? "";
  if (WITHOUT_STEMS.has(plain) || WITHOUT_STEMS.has(code)) return "simple";
  return BY_CODE.get(plain) ?? BY_CODE.get(code);
}
