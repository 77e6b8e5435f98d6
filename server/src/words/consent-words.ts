// Owns: the words with which a customer asks for no more messages, and for messages again, and what they are told then. Pure, and linear in the text.
// Refuses to know: what is done about it. (`courtesies.ts` knows many more ways to say stop: enough to say nothing, too loose to opt somebody out.)
import { plainText } from "./plain-words.ts";

export type ConsentWord = "stop" | "start";
type Language = "en" | "es" | "pt" | "he" | "ar" | "fr" | "de";

/** A message that is one of these, whatever its case, accents and punctuation. Not "cancel", "end", "quit": they mean an order, or a chat. */
const STOP_WORDS: Readonly<Record<Language, readonly string[]>> = {
  en: [
    ...[
      "stop",
      "stop all",
      "stopall",
      "unsubscribe",
      "unsubscribe me",
      "i want to unsubscribe",
      "opt out",
      "opt me out",
      "cancel subscription",
    ],
    ...["stop promotions", "stop messages", "stop messaging me", "stop texting me", "stop writing to me", "stop contacting me"],
    ...["stop sending me messages", "stop sending messages", "no more messages", "do not message me", "dont message me", "dont contact me"],
    ...[
      "do not contact me",
      "remove me",
      "remove me from your list",
      "remove me from this list",
      "take me off your list",
      "leave me alone",
    ],
  ],
  es: [
    ...["baja", "dar de baja", "darme de baja", "dame de baja", "quiero darme de baja", "cancelar suscripción", "parar mensajes"],
    ...["no más mensajes", "no me escriban más", "no me escribas más", "no me manden más mensajes", "no me envíen más mensajes"],
    ...[
      "no quiero más mensajes",
      "no quiero recibir mensajes",
      "no quiero recibir más mensajes",
      "dejen de escribirme",
      "dejen de enviarme mensajes",
    ],
  ],
  pt: [
    ...[
      "sair",
      "sair da lista",
      "descadastrar",
      "descadastre-me",
      "cancelar inscrição",
      "parar mensagens",
      "me tire da lista",
      "me remova da lista",
    ],
    ...["não quero receber mensagens", "não quero mais receber mensagens", "não me mande mais mensagens", "não me mandem mais mensagens"],
    ...["não me envie mais mensagens", "parem de me mandar mensagens", "pare de me mandar mensagens", "parem de me enviar mensagens"],
  ],
  he: [
    ...["הסר", "הסירו", "הסירו אותי", "תסירו אותי", "הסר אותי", "להסיר", "להסרה", "הסרה", "הסירו אותי מהרשימה", "תסירו אותי מהרשימה"],
    ...["די להודעות", "בלי הודעות", "תפסיקו לשלוח הודעות", "תפסיקו לשלוח לי הודעות", "תפסיק לשלוח לי הודעות", "אל תשלחו לי הודעות"],
    ...["אל תשלחו לי יותר הודעות", "לא רוצה לקבל הודעות", "לא מעוניין לקבל הודעות", "לא מעוניינת לקבל הודעות"],
  ],
  ar: [
    ...["توقف", "ايقاف", "إيقاف", "أوقف", "إلغاء الاشتراك", "الغ اشتراكي", "ألغوا اشتراكي", "إيقاف الرسائل", "أوقفوا الرسائل"],
    ...["لا أريد رسائل", "لا أريد المزيد من الرسائل", "توقفوا عن مراسلتي", "توقف عن مراسلتي", "لا ترسل لي رسائل", "لا ترسلوا لي رسائل"],
  ],
  fr: [
    ...["arrêt", "arrêter", "désabonner", "se désabonner", "désabonnement", "désinscription", "me désabonner", "désabonnez-moi"],
    ...[
      "stop messages",
      "plus de messages",
      "ne m'écrivez plus",
      "ne me contactez plus",
      "ne plus recevoir de messages",
      "arrêtez de m'écrire",
    ],
  ],
  de: [
    ...[
      "stopp",
      "abmelden",
      "abmeldung",
      "abbestellen",
      "austragen",
      "keine nachrichten mehr",
      "keine weiteren nachrichten",
      "keine werbung mehr",
    ],
    ...["bitte keine nachrichten mehr", "schreibt mir nicht mehr", "schreiben sie mir nicht mehr", "ich möchte mich abmelden"],
  ],
};

const START_WORDS: Readonly<Record<Language, readonly string[]>> = {
  en: ["start", "unstop", "subscribe", "subscribe me", "opt in", "resume", "resume messages", "start messages"],
  es: ["alta", "darme de alta", "suscribirme", "reanudar", "reanudar mensajes"],
  pt: ["voltar", "inscrever", "inscrever-me", "quero receber mensagens", "retomar"],
  he: ["התחל", "הצטרף", "הצטרפות", "לחדש", "לקבל הודעות", "חידוש הודעות"],
  ar: ["ابدأ", "اشترك", "اشتراك", "استئناف", "استئناف الرسائل"],
  fr: ["reprendre", "s'abonner", "abonner", "abonnement", "m'abonner"],
  de: ["anmelden", "anmeldung", "fortsetzen", "wieder anmelden"],
};

const CONFIRMATIONS: Readonly<Record<Language, Readonly<Record<ConsentWord, string>>>> = {
  en: {
    stop: "Understood: we will not send you any more messages. If you change your mind, write START.",
    start: "Welcome back: you will receive our messages again. Write STOP whenever you want them to end.",
  },
  es: {
    stop: "Entendido: no le enviaremos más mensajes. Si cambia de opinión, escriba ALTA.",
    start: "Listo: volverá a recibir nuestros mensajes. Escriba BAJA cuando quiera dejar de recibirlos.",
  },
  pt: {
    stop: "Entendido: não enviaremos mais mensagens. Se mudar de ideia, escreva VOLTAR.",
    start: "Pronto: você voltará a receber nossas mensagens. Escreva SAIR quando quiser parar de recebê-las.",
  },
  he: {
    stop: 'הבנו: לא נשלח לך עוד הודעות. אם תרצה לחדש, אפשר לכתוב "הצטרף".',
    start: 'מעולה: נחזור לשלוח לך הודעות. כדי להפסיק בכל רגע, אפשר לכתוב "הסר".',
  },
  ar: {
    stop: 'تم: لن نرسل إليك المزيد من الرسائل. إذا غيرت رأيك، اكتب "اشترك".',
    start: 'تم: ستصلك رسائلنا من جديد. لإيقافها في أي وقت، اكتب "توقف".',
  },
  fr: {
    stop: "C'est noté : nous ne vous enverrons plus de messages. Si vous changez d'avis, écrivez REPRENDRE.",
    start: "C'est noté : vous recevrez de nouveau nos messages. Écrivez STOP quand vous voudrez les arrêter.",
  },
  de: {
    stop: "Verstanden: Wir senden Ihnen keine Nachrichten mehr. Wenn Sie es sich anders überlegen, schreiben Sie ANMELDEN.",
    start: "Gern: Sie bekommen unsere Nachrichten wieder. Mit STOP beenden Sie das jederzeit.",
  },
};

/** As a business's language is called (PostgreSQL's text search). */
const LANGUAGES: Readonly<Record<string, Language>> = {
  spanish: "es",
  portuguese: "pt",
  hebrew: "he",
  arabic: "ar",
  french: "fr",
  german: "de",
};
/** What may stand before or behind such a word. */
const POLITE = new Set(
  [
    "please",
    "pls",
    "thanks",
    "thank you",
    "hi",
    "hello",
    "por favor",
    "gracias",
    "obrigado",
    "obrigada",
    "s'il vous plaît",
    "merci",
    "bitte",
    "danke",
    "hallo",
    "בבקשה",
    "תודה",
    "نعم",
    "من فضلك",
    "شكرا",
    "لو سمحت",
  ].map(plainText),
);
/** In characters: longer messages say more. */
const LONGEST = 80;

export interface ConsentWordsOptions {
  /** Of the business; null: those above. */
  readonly stopWords: readonly string[] | null;
  readonly startWords: readonly string[] | null;
}

export interface SaidConsentWord {
  readonly word: ConsentWord;
  /** Of the word; undefined where it is no language's, as "stop". */
  readonly language: Language | undefined;
}

/** Finds the word that a message consists of. */
export type FindConsentWord = (text: string) => SaidConsentWord | undefined;

const entriesOf = (word: ConsentWord, own: readonly string[] | null, listed: Readonly<Record<string, readonly string[]>>) =>
  (own === null ? Object.entries(listed) : [["", own] as const]).flatMap(([language, words]) =>
    words.map(
      (written) =>
        [plainText(written), { word, language: INTERNATIONAL.has(plainText(written)) ? undefined : languageOf(language) }] as const,
    ),
  );
/** Said in every country. */
const INTERNATIONAL = new Set(["stop", "start"]);
const languageOf = (name: string): Language | undefined => (name in CONFIRMATIONS ? (name as Language) : undefined);

export function createFindConsentWord({ stopWords, startWords }: ConsentWordsOptions): FindConsentWord {
  // Of a word in both lists the stop holds.
  const known = new Map<string, SaidConsentWord>([
    ...entriesOf("start", startWords, START_WORDS),
    ...entriesOf("stop", stopWords, STOP_WORDS),
  ]);
  known.delete("");
  return (text) => {
    if (text.length > LONGEST) return undefined;
    const said = plainText(text);
    return known.get(said) ?? known.get(withoutPoliteness(said));
  };
}

function withoutPoliteness(said: string): string {
  const words = said.split(" ");
  const isPolite = (from: number, to?: number): boolean => POLITE.has(words.slice(from, to).join(" "));
  if (words.length < 2) return said;
  const begin = isPolite(0, 1) ? 1 : isPolite(0, 2) ? 2 : 0;
  const end = isPolite(-1) ? 1 : isPolite(-2) ? 2 : 0;
  return words.slice(begin, words.length - end).join(" ");
}

export const findDefaultConsentWord = createFindConsentWord({ stopWords: null, startWords: null });

/** What the customer reads: in the language of their word, else in that of the business. */
export function confirmationOf({ word, language }: SaidConsentWord, businessLanguage: string): string {
  return CONFIRMATIONS[language ?? LANGUAGES[businessLanguage] ?? "en"][word];
}
