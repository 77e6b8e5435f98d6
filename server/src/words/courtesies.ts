// Owns: what a message says when it asks for nothing: greetings, thanks, acknowledgements, a lone yes or number, a wish to get no more messages. Pure,
// and linear in the text. Refuses to know: the phrases (courtesy-phrases.ts), the wish for a person (wants-person.ts).
import { editDistance } from "../kernel/edit-distance.ts";
import { ANSWERS, FILLERS, GREETINGS, isAsking, OFTEN_MISTYPED, OPEN_PHRASES, STOPS, THANKS } from "./courtesy-phrases.ts";
import { isCourteous } from "./courtesy-words.ts";
import { clausesOf, phrasesOf, plainText, setOf, squeeze, withoutFaces, type Word } from "./plain-words.ts";
import { wantsPerson } from "./wants-person.ts";

/** What a message is, by its words alone. */
export type SpeechAct = "greeting" | "thanks" | "answer" | "stop" | "person" | "nothing" | "question";
type Kind = "stop" | "greeting" | "answer" | "thanks" | "filler";

const KINDS = new Map<string, Kind>(
  (
    [
      ["filler", FILLERS],
      ...OPEN_PHRASES.map(([, phrases]) => ["thanks", phrases] as const),
      ["thanks", THANKS],
      ["answer", ANSWERS],
      ["greeting", GREETINGS],
      ["stop", STOPS],
    ] as const
  ).flatMap(([kind, phrases]) => [...phrases].map((phrase) => [phrase, kind] as const)),
);
/** "goodmorning", "nothanks". */
const JOINED = new Map([...KINDS].filter(([phrase]) => phrase.includes(" ")).map(([phrase, kind]) => [phrase.replaceAll(" ", ""), kind]));
const OPEN = new Map(OPEN_PHRASES.toReversed().flatMap(([most, phrases]) => [...phrases].map((phrase) => [phrase, most] as const)));

const WORDS = new Set([...KINDS.keys(), ...JOINED.keys()].flatMap((phrase) => phrase.split(" ")));
const SQUEEZED = new Map([...WORDS].toReversed().map((word) => [squeeze(word), word]));

/** By their first letter, which is hardly ever the wrong one. */
const MISTYPED = Map.groupBy(OFTEN_MISTYPED, (word) => word.charAt(0));

const LONGEST = 6;
/** Longer messages say more than a courtesy. */
const MOST_WORDS = 18;
const LONGEST_WORD = 40;
/** A short number, or the letter of a choice. */
const CHOICE = /^(?:\p{N}{1,3}|[a-h])$/u;
const LAUGHTER = /^(?:a?(?:ha|ja){2,}[hj]?|(?:he|je|hi|ji){2,}[hj]?|(?:rs){2,}|k{2,}|x+d+|lo+l+)$/u;
/** Emoji with their joiners, flags; punctuation; blanks. */
const SAYS_NOTHING = /^[^\p{L}\p{N}]*$/u;
/** Emoji that mean yes or no. */
const NODS = /[👍👎👌✅❌✔☑❎🆗💯]/u;
const QUESTION_MARK = /[?؟？]/;

/** "No" before what is courteous elsewhere turns it round: "não entendi", "no vale", "לא טוב". Not before thanks. */
const DENIES = /(?:^| )(?:no|not|nao|non|nein|nicht|לא|لا)$/u;
const AFTER_DENIAL = setOf(
  "ok,okay,okey,sorry,thanks,thank you,thx,ty,gracias,obrigado,obrigada,obg,merci,danke,תודה,شكرا,perdon,desculpa,pardon,סליחה,its ok,its fine,im good,im fine,worries,problem,lol,haha,mas,nada mas,thats all,that is all,thats it,that is it,nothing else",
);
const CONFIRMS = setOf(
  "correct,right,true,clear,claro,klar,correcto,cierto,verdad,certo,verdade,exato,correct,vrai,richtig,korrekt,נכון,صحيح",
);

function isTurnedRound(before: string, phrase: string): boolean {
  if (!DENIES.test(before)) return false;
  return CONFIRMS.has(phrase) || (KINDS.get(phrase) === "thanks" && !AFTER_DENIAL.has(phrase) && !phrase.includes(" "));
}

/** Written as names are, and none: what is asked about, and when. */
const NO_NAMES = setOf(
  "monday,tuesday,wednesday,thursday,friday,saturday,sunday,january,february,march,april,june,july,august,september,october,november,december,today,tomorrow,tonight," +
    "montag,dienstag,mittwoch,donnerstag,freitag,samstag,sonnabend,sonntag,januar,februar,marz,mai,juni,juli,oktober,dezember,heute,morgen," +
    "lunes,martes,miercoles,jueves,viernes,sabado,domingo,segunda,terca,quarta,quinta,sexta,hoje,amanha,hoy,manana,lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche,demain," +
    "menu,price,prices,info,information,hours,address,location,delivery,appointment,order,invoice,help,bread,cake,precio,precios,horario,carta,pedido,cita,direccion,preco,precos,cardapio,endereco,entrega,prix,horaires,adresse,commande,livraison," +
    "preis,preise,speisekarte,karte,offnungszeiten,termin,termine,lieferung,bestellung,rechnung,hilfe,brot,brotchen,kuchen,torte,angebot,angebote,frage",
);

/** The word that was meant: "heyyy" is "hey", "thnks" is "thanks". */
function meantBy(word: string, mayBeMistyped: boolean): string {
  if (WORDS.has(word) || word.length > LONGEST_WORD) return word;
  if (/(\p{L})\1{2}|(\p{L})\2$/u.test(word)) return SQUEEZED.get(squeeze(word)) ?? word;
  if (!mayBeMistyped || word.length < 5) return word;
  return MISTYPED.get(word.charAt(0))?.find((known) => editDistance(word, known, 1) === 1) ?? word;
}

function kindOf(phrase: string): Kind | undefined {
  if (phrase.length <= LONGEST_WORD && LAUGHTER.test(phrase)) return "thanks";
  return KINDS.get(phrase) ?? JOINED.get(phrase) ?? (CHOICE.test(phrase) ? "answer" : undefined);
}

/** How many of the words behind a phrase belong to it: what is thanked for, until when, or who is greeted. */
function belongsTo(phrase: string, kind: Kind, behind: readonly Word[]): number {
  const most = OPEN.get(phrase) ?? 0;
  if (behind.length <= most && !behind.some(({ plain }) => isAsking(plain) || (most === 1 && NO_NAMES.has(plain)))) return behind.length;
  if (kind === "answer" || kind === "stop") return 0;
  const names = behind.findIndex(({ plain, isName }) => !isName || NO_NAMES.has(plain) || KINDS.has(plain) || isAsking(plain));
  const named = names === -1 ? behind.length : names;
  return named <= 2 ? named : 0;
}

/** The kinds of the phrases that a clause is made of; undefined: of more than phrases. */
function kindsOf(clause: readonly Word[], asks: boolean): readonly Kind[] | undefined {
  const words = clause.map((word) => ({ ...word, plain: meantBy(word.plain, !asks) }));
  const kinds: Kind[] = [];
  let before = "";
  for (let from = 0; from < words.length;) {
    let taken = 0;
    for (let length = Math.min(LONGEST, words.length - from); length > 0 && taken === 0; length -= 1) {
      const phrase = words
        .slice(from, from + length)
        .map(({ plain }) => plain)
        .join(" ");
      const kind = kindOf(phrase);
      if (kind === undefined) continue;
      if (isTurnedRound(before, phrase)) return undefined;
      if (kind !== "filler") before = phrase;
      kinds.push(kind);
      taken = length;
      // A question is never swallowed with a courtesy, and what is known for itself is read for itself.
      const next = words[from + length];
      if (!asks && (next === undefined || kindOf(next.plain) === undefined || OPEN.has(phrase)))
        taken += belongsTo(phrase, kind, words.slice(from + length));
    }
    if (taken === 0) return undefined;
    from += taken;
  }
  return kinds;
}

function courtesyOf(clauses: readonly (readonly Word[])[], asks: boolean): SpeechAct | undefined {
  const kinds = new Set<Kind>();
  for (const clause of clauses) {
    const found = kindsOf(clause, asks) ?? (!asks && isCourteous(clause.map(({ plain }) => plain)) ? (["thanks"] as const) : undefined);
    if (found === undefined) return undefined;
    for (const kind of found) kinds.add(kind);
  }
  // "Hi" and "thanks" beside a "stop" change nothing about it; the warmest of the others names the whole.
  return (["stop", "greeting", "thanks", "answer"] as const).find((kind) => kinds.has(kind));
}

/** What a customer's words are. `question` is everything that is not known to be something else. */
export function readCourtesy(text: string): SpeechAct {
  const read = text.slice(0, 4_000);
  if (SAYS_NOTHING.test(withoutFaces(read))) return NODS.test(read) ? "answer" : "nothing";
  const clauses = clausesOf(read);
  const count = clauses.reduce((sum, { length }) => sum + length, 0);
  const courtesy = count <= MOST_WORDS ? courtesyOf(clauses, QUESTION_MARK.test(read)) : undefined;
  if (courtesy !== undefined) return courtesy;
  return wantsPerson(clauses.map((words) => words.map(({ plain }) => plain))) ? "person" : "question";
}

/** A sentence that wants something of the other side without a question mark. */
const REQUESTS = phrasesOf(
  "please,tell me,let me know,send me,share your,which one,choose,pick one,reply with,por favor,dime,digame,indique,indicame,elige,elija,responda,me diga,me informe,me envie,escolha,informe," +
    "s il vous plait,merci de,veuillez,dites moi,indiquez,choisissez,svp,bitte,sagen sie,teilen sie,wahlen sie,בבקשה,נא,אנא,תגיד,תגידו,ספר לי,ספרי לי,שלחו,שלח לי,من فضلك,يرجي,الرجاء,لو سمحت,اخبرني,ارسل",
);

/** Whether our own last words asked for something, so that a short answer to them means something. */
export function asksSomething(text: string): boolean {
  if (QUESTION_MARK.test(text)) return true;
  const plain = ` ${plainText(text)} `;
  return REQUESTS.some((request) => plain.includes(` ${request} `));
}
