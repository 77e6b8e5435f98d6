// Owns: a first, cheap look at which language a text is in, by the small words that only this language has. Pure. Says nothing where it is not beyond
// doubt: then somebody has to look closely. Refuses to know: languages whose small words are not listed.

/** Words of which every few sentences hold several, in languages that customers mix up or that a model slips into. */
const LISTED: Readonly<Record<string, string>> = {
  en: "the and you your our are we with from that this have has will would can not it they their what when which please us to be is on for at of at by or if there here about just do does",
  pt: "não você vocês é em um uma do da dos das no na nos nas ao aos à às os as o e ou mas muito também seu sua são isso pelo pela até já temos nosso nossa por com está estamos tem foi mais pode para de que se como quando",
  es: "el los las la y en un una del al su sus pero más muy también usted ustedes es son está estamos están nuestro nuestra nuestros puede puedes tenemos hay qué sí sin lo le con hasta desde donde cuando tu ya por para de que se como",
  fr: "le les la des vous nous est et pour dans du sur avec une un votre vos notre nos pas ne qui ce cette sont avons êtes au aux par je il ou où mais plus si en de que se",
  it: "il di che è gli della delle dei nel nella per con non sono siamo una un anche più alla alle dal dalle può ci vi le la lo i e questo questa nostro nostra vostro o a da in si se come",
  de: "der die das und ist nicht wir sie ihr ihnen ihre haben können für mit auf ein eine einen zu von im am bei auch oder uns sind wenn gerne bitte um bis den dem des es ich in an so",
  // Nobody's but Dutch's would all its words be: they are here to be told apart.
  af: "die nie en het is van te om op in aan vir jou julle ons wat sal kan ek my tot dit as of so met by",
  nl: "de het een en niet dat zijn voor ook wij we je jij u maar naar dit deze er nog wel heeft wordt van te om met is in op aan als of bij kunt uw ons onze so",
};

/** The language of each word that is in one list only. */
const languageOfWord = new Map<string, string>();
for (const word of new Set(Object.values(LISTED).flatMap((words) => words.split(" ")))) {
  const languages = Object.keys(LISTED).filter((language) => LISTED[language]?.split(" ").includes(word));
  if (languages.length === 1) languageOfWord.set(word, languages[0] ?? "");
}

/** Of all words, those that only one language has. In sentences it is a quarter or more. */
const MIN_SHARE = 0.15;
const MIN_DIFFERENT = 3;
/** A second language with more than this share of what the first one has: something else, or two languages in one text. */
const MAX_OTHERS = 0.2;

/** Undefined: not beyond doubt. `text`: prose; what is no letter parts words. */
export function languageByWords(text: string): string | undefined {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const found = new Map<string, { count: number; readonly different: Set<string> }>();
  for (const word of words) {
    const language = languageOfWord.get(word);
    if (language === undefined) continue;
    const seen = found.get(language) ?? { count: 0, different: new Set() };
    seen.count += 1;
    seen.different.add(word);
    found.set(language, seen);
  }
  const [best, ...others] = [...found].sort(([, a], [, b]) => b.count - a.count);
  if (best === undefined) return undefined;
  const [language, { count, different }] = best;
  const rest = others.reduce((sum, [, other]) => sum + other.count, 0);
  return count >= MIN_SHARE * words.length && different.size >= MIN_DIFFERENT && rest <= MAX_OTHERS * count ? language : undefined;
}
