// Owns: whether a customer wishes to be served by a person, in every language of the product. Pure, and linear in the text.
// Refuses to know: the keywords that a business has named (handoff-keywords.ts).
import { phrasesOf, setOf, squeeze } from "./plain-words.ts";

interface Language {
  /** A person near to one of these is wished for: "speak", "connect". */
  readonly speaking: ReadonlySet<string>;
  /** Only right before the person: "I want a human", not "I want bread for a person". */
  readonly wanting: ReadonlySet<string>;
  readonly people: ReadonlySet<string>;
  readonly negations: ReadonlySet<string>;
}

const withPrefixes = (people: string, prefixes: readonly string[]): ReadonlySet<string> =>
  new Set(phrasesOf(people).flatMap((word) => ["", ...prefixes].map((prefix) => prefix + word)));

const LANGUAGES: readonly Language[] = [
  {
    speaking: setOf("speak,speaking,talk,talking,chat,connect,transfer,through,touch,contact,reach,call,complain,assistance"),
    wanting: setOf("want,need,like,give me,get me,get,i have,prefer"),
    people: setOf(
      "human,humans,person,people,someone,somebody,anyone,anybody,agent,agents,representative,rep,operator,manager,supervisor,boss,owner,employee,staff,advisor,consultant,support,team,customer service,customer support,customer care,human being,human help,human assistance,human support",
    ),
    negations: setOf("dont,not,never,wont,without,didnt,doesnt,neither,nor"),
  },
  {
    speaking: setOf(
      "hablar,comunica,comunicas,comunicarme,comunicame,comuniqueme,comunicar,contactar,pasame,paseme,pasarme,transferirme,transfierame,conectame,atienda,atender,hable,hablo,chatear,llame,llamarme",
    ),
    wanting: setOf("quiero,necesito,quisiera,deseo,dame,deme,prefiero"),
    people: setOf(
      "persona,humano,humana,agente,asesor,asesora,operador,operadora,alguien,representante,encargado,encargada,empleado,empleada,dueno,duena,jefe,jefa,ejecutivo,ejecutiva,gerente,atencion al cliente,atencion humana,supervisor,supervisora",
    ),
    negations: setOf("no,sin,nunca,tampoco"),
  },
  {
    speaking: setOf(
      "falar,fala,atender,conversar,transferir,transfira,transfere,passar,passe,passa,contatar,atendido,atendida,atenda,chama,chame",
    ),
    wanting: setOf("quero,preciso,gostaria,prefiro"),
    people: setOf(
      "pessoa,humano,humana,atendente,alguem,agente,operador,operadora,representante,gerente,funcionario,funcionaria,dono,chefe,consultor,consultora,atendimento",
    ),
    negations: setOf("nao,sem,nunca"),
  },
  {
    speaking: setOf("parler,relation,discuter,joindre,contacter,passer,passez,echanger"),
    wanting: setOf("veux,voudrais,souhaite,besoin d,besoin,prefere"),
    people: setOf(
      "humain,humaine,personne,agent,conseiller,conseillere,quelqu un,operateur,operatrice,responsable,gerant,gerante,patron,patronne,representant,service client",
    ),
    negations: setOf("pas,sans,jamais"),
  },
  {
    speaking: setOf("sprechen,reden,verbinden,verbinde,verbindet,kontaktieren,chatten"),
    wanting: setOf("will,mochte,brauche,hatte gern,hatte"),
    people: setOf(
      "mensch,menschen,mitarbeiter,mitarbeiterin,person,agent,jemand,jemandem,jemanden,berater,beraterin,chef,chefin,inhaber,kundenservice,kundendienst",
    ),
    negations: setOf("nicht,kein,keine,keinen,keinem,keiner,nie,ohne"),
  },
  {
    speaking: setOf("לדבר,לשוחח,תעבירו,תעביר,תעבירי,להעביר,חברו,תחברו,לשיחה"),
    wanting: setOf("רוצה,צריך,צריכה,אפשר,אשמח,מבקש,מבקשת,תנו לי"),
    people: withPrefixes("נציג,נציגה,נציגת,בן אדם,אדם,מישהו,מישהי,אנושי,מנהל,מנהלת,בעלים,שירות לקוחות", ["ל", "ה"]),
    negations: setOf("לא,בלי,אל"),
  },
  {
    speaking: setOf("التحدث,وصلني,كلمني,اتحدث,اتكلم,التكلم,اكلم,تحويلي,حولني,حولوني,التواصل,اتواصل,الكلام,احكي"),
    wanting: setOf("اريد,ابغى,عايز,عاوز,بدي,اود,احتاج,محتاج,ممكن"),
    people: withPrefixes("شخص,موظف,موظفة,انسان,ممثل,وكيل,بشري,مندوب,مدير,احد,حد,خدمة العملاء", ["ال", "ل", "لل", "ب"]),
    negations: setOf("لا,لم,لن,ما,بدون,مش,مو"),
  },
];

/** Nothing else may come right before the person: "a human", "your manager", but not "real estate agent", "per person", "two people". */
const DETERMINERS = setOf(
  "a,an,the,your,my,some,any,another,of,real,live,actual,human,other,to,with,by,support,service,sales,customer,physical,nice," +
    "un,una,el,la,los,con,al,a,su,tu,otro,otra,algun,alguna,que,me,verdadera," +
    "um,uma,o,com,ao,seu,sua,algum,alguma,outro,outra,pra,pro,para,no," +
    "une,le,l,avec,au,votre,ton,autre,vrai,vraie,moi,de,d," +
    "einem,einen,einer,ein,eine,mit,dem,den,der,zu,zum,zur,echten,echter,richtigen,ihrem,ihren,eurem,euren,eurer,mich,an," +
    "עם,אל,אותי,את,לי,איזה,מע,مع,الى,اي,الي,عن,لي,هناك",
);
/** They never belong to another word. */
const PRONOUNS = setOf("someone,somebody,anyone,anybody,alguien,alguem,quelqu un,jemand,jemandem,jemanden,מישהו,מישהי");
/** Behind the person, when only wanting comes before it. */
const AFTERWARDS = setOf(
  "please,pls,now,here,asap,real,to,who,for,not,instead,real,humano,humana,por,ahora,ya,que,porfa,real,agora,aqui,de,svp,s,maintenant,humain,bitte,jetzt,sprechen,אמיתי,אנושי,אנושית,בבקשה,עכשיו,من,لو,الان,حقيقي,بشري",
);
const ALONE = setOf(
  "human,a human,real human,human being,real human being,agent,an agent,live agent,human agent,real person,a real person,person,live person,representative,a representative,operator,manager,customer service,customer support,customer care," +
    "live chat,live support,supervisor,human help,human assistance,human support,supervisora,atencion humana,menschen,persona,persona real,una persona real,un humano,humano,agente,un agente,asesor,un asesor,operador,atencion al cliente,servicio al cliente,atendente,um atendente,pessoa real,pessoa,humana,um humano," +
    "atendimento humano,atendimento ao cliente,humain,un humain,un conseiller,conseiller,operateur,service client,mensch,mitarbeiter,einen mitarbeiter,kundenservice,kundendienst," +
    "נציג,נציגה,נציג אנושי,בן אדם,נציג שירות,שירות לקוחות,אפשר נציג,موظف,شخص حقيقي,انسان,خدمة العملاء,ممثل",
);
/** A call is wished for, which only a person can make. */
const CALLS = setOf(
  "call me,call me back,phone me,ring me,give me a call,i want a call,i want a call back,need a call,llamame,llameme,llamenme,me llaman,me pueden llamar,me puede llamar,pueden llamarme,quiero que me llamen,que me llamen," +
    "me liga,me ligue,me liguem,pode me ligar,podem me ligar,liga pra mim,quero que me liguem,rappelez moi,appelez moi,pouvez vous m appeler,pouvez vous me rappeler,vous pouvez me rappeler," +
    "rufen sie mich an,ruf mich an,ruft mich an,bitte um ruckruf,ruckruf,rufen sie mich zuruck,תתקשרו אלי,תתקשרו אליי,תתקשר אלי,תתקשר אליי,תתקשרי אלי,תחזרו אלי בטלפון,אפשר שתתקשרו,اتصل بي,اتصلوا بي,اتصلوا علي,كلموني,كلمني",
);
/** "Is there any human here?" Not "are you human?" */
const PRESENCE = setOf("is,there,here,hay,ahi,aqui,alli,tem,ai,y,t,il,ici,la,gibt,es,hier,da,ist,יש,פה,שם,כאן,في,فيه,هنا");
const HUMANS = setOf("human,real human,human being,humano,humana,humain,mensch,echter mensch,נציג,נציג אנושי,בן אדם,موظف,انسان");

const POLITE = setOf(
  "please,pls,plz,pf,pfv,pfvr,now,por,favor,porfa,ya,agora,ahora,s,il,vous,plait,svp,bitte,jetzt,בבקשה,עכשיו,من,فضلك,لو,سمحت,الان,hi,hello,hola,oi,ola,bonjour,hallo,שלום,היי,مرحبا",
);
/** A new clause without any punctuation. */
const TURNS = setOf("but,sino,pero,sondern,aber,אבל,אלא,لكن,بل");
const REASONS = setOf("why,porque,pourquoi,warum,wieso,למה,لماذا");
const WINDOW = 7;
const NEGATED_WITHIN = 4;
/** Of a long message only so much is looked through for such a wish. */
const LOOKED_THROUGH = 200;
const LONGEST_ALONE = 10;

interface Part {
  readonly words: readonly string[];
  /** Each word and the one behind it. */
  readonly pairs: readonly string[];
}

const wordOrTwo = (set: ReadonlySet<string>, { words, pairs }: Part, at: number): number => {
  if (set.has(pairs[at] ?? "")) return 2;
  return set.has(words[at] ?? "") ? 1 : 0;
};

function isWished(part: Part, { speaking, wanting, people, negations }: Language): boolean {
  const { words } = part;
  // Almost no message names anybody of whom this could be wished.
  if (!words.some((_, at) => wordOrTwo(people, part, at) > 0)) return false;
  const isNegated = (at: number): boolean =>
    !words.some((word) => REASONS.has(word)) && words.slice(Math.max(0, at - NEGATED_WITHIN), at).some((word) => negations.has(word));
  // "Your contact person" has no verb.
  const verbs = words.flatMap((word, at) => (speaking.has(word) && !["the", "your", "a", "my"].includes(words[at - 1] ?? "") ? [at] : []));
  return words.some((_, at) => {
    const length = wordOrTwo(people, part, at);
    const before = words[at - 1];
    if (length === 0) return false;
    const person = words.slice(at, at + length).join(" ");
    if (before !== undefined && !PRONOUNS.has(person) && !DETERMINERS.has(before) && !speaking.has(before) && !wanting.has(before))
      return false;
    if (verbs.some((verb) => Math.abs(verb - at) <= WINDOW && !isNegated(verb))) return true;
    let start = at - 1;
    while (start >= 0 && at - start <= 4 && DETERMINERS.has(words[start] ?? "")) start -= 1;
    const isWanted =
      wanting.has(words[start] ?? "") ||
      wanting.has(`${words[start - 1] ?? ""} ${words[start] ?? ""}`) ||
      wanting.has(`${words[start] ?? ""} ${words[start + 1] ?? ""}`);
    const behind = words[at + length];
    return isWanted && !isNegated(start) && (behind === undefined || AFTERWARDS.has(behind));
  });
}

function splitAtTurns(words: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (TURNS.has(word)) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

/** "One person" may answer how many they are. */
const MAY_BE_COUNTED = setOf("person,persona,pessoa,humana");

function isAlone(said: readonly string[]): boolean {
  if (CALLS.has(said.join(" "))) return true;
  const words = said.filter((word) => !POLITE.has(word));
  if (ALONE.has(words.join(" ")) || CALLS.has(words.join(" "))) return true;
  const bare = words.filter((word) => !DETERMINERS.has(word)).join(" ");
  const there = words.filter((word) => HUMANS.has(word) || word === "no" || (!DETERMINERS.has(word) && !PRESENCE.has(word))).join(" ");
  if (HUMANS.has(there)) return true;
  return ALONE.has(bare) && !MAY_BE_COUNTED.has(bare);
}

const KNOWN = new Set(
  [...LANGUAGES.flatMap(({ people, speaking, wanting }) => [...people, ...speaking, ...wanting]), ...ALONE].flatMap((phrase) =>
    phrase.split(" "),
  ),
);
const UNSTRETCHED = new Map([...KNOWN].map((word) => [squeeze(word), word]));

/** "humannn" is "human". */
const meantBy = (word: string): string =>
  KNOWN.has(word) || !/(\p{L})\1{2}|(\p{L})\2$/u.test(word) ? word : (UNSTRETCHED.get(squeeze(word)) ?? word);

/** Of the plain words of each clause. */
export function wantsPerson(clauses: readonly (readonly string[])[]): boolean {
  let left = LOOKED_THROUGH;
  return clauses.some((clause) => {
    if (left <= 0) return false;
    const words = clause.slice(0, left).map(meantBy);
    left -= words.length;
    return splitAtTurns(words).some((spoken) => {
      if (spoken.length <= LONGEST_ALONE && isAlone(spoken)) return true;
      const part = { words: spoken, pairs: spoken.map((word, at) => `${word} ${spoken[at + 1] ?? ""}`) };
      return LANGUAGES.some((language) => isWished(part, language));
    });
  });
}
