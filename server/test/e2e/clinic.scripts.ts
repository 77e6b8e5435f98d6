// Owns: what is said in the clinic, in four languages: the customers' words, the clinic's texts, and the answers, with {gaps} for what the model has to
// find out. Knows nothing of how it is played.

export interface ClinicScript {
  readonly language: "English" | "Hebrew" | "Spanish" | "Portuguese";
  readonly phone: string;
  /** Titles, bodies and languages of the clinic's texts. */
  readonly texts: readonly { readonly title: string; readonly body: string; readonly language: string }[];
  /** Where the hours and the price stand in those texts, and what stands there. */
  readonly hours: { readonly in: RegExp; readonly is: string };
  readonly price: { readonly in: RegExp; readonly is: string };
  readonly allergy: string;
  readonly says: {
    readonly hours: string;
    readonly tuesday: string;
    readonly time: string;
    readonly allergy: string;
    readonly burst: readonly [string, string, string];
    readonly friday: string;
    readonly monday: string;
    readonly human: string;
    readonly paused: string;
    readonly colleague: string;
    readonly afterwards: string;
    readonly again: string;
  };
  readonly answers: {
    readonly hours: string;
    readonly slots: string;
    readonly booked: string;
    readonly voice: string;
    readonly noted: string;
    readonly price: string;
    readonly discount: string;
    readonly again: string;
    readonly summary: string;
  };
}

const english: ClinicScript = {
  language: "English",
  phone: "12025550171",
  texts: [
    { title: "Opening hours", body: "The clinic is open from Sunday to Thursday, from 8:00 to 18:00.", language: "english" },
    { title: "Prices", body: "A dental cleaning costs 80 dollars, a filling costs 120 dollars.", language: "english" },
  ],
  hours: { in: /from (\d+:\d+ to \d+:\d+)/, is: "8:00 to 18:00" },
  price: { in: /cleaning costs (\d+ dollars)/, is: "80 dollars" },
  allergy: "penicillin",
  says: {
    hours: "Good morning! What are the opening hours of the clinic?",
    tuesday: "I need an appointment with the dentist on Tuesday, please.",
    time: "10:30 suits me well.",
    allergy: "Before I forget: I am allergic to penicillin.",
    burst: ["One more thing", "my son comes too", "How much does a dental cleaning cost?"],
    friday: "Can he come on Friday?",
    monday: "Sorry, I meant Monday.",
    human: "I would rather talk to a person about the invoice.",
    paused: "Hello? Is anybody there?",
    colleague: "Hello, this is Dana. I took 10% off your invoice.",
    afterwards: "Thanks! How much did your colleague take off?",
    again: "Hello again! What is the number of my appointment?",
  },
  answers: {
    hours: "Good morning! We are open from {hours}, Sunday to Thursday.",
    slots: "These times are free that day: {slots}. Which one suits you?",
    booked: "Your appointment is booked. Its number is {reference}.",
    voice: "I am sorry, I cannot listen to voice messages. Could you write it to me, please?",
    noted: "Thank you for telling us, I have noted it for the dentist.",
    price: "A dental cleaning costs {price}. Your son is welcome too.",
    discount: "My colleague took {discount} off your invoice.",
    again: "Welcome back! The number is {reference}, and we remember your allergy: {allergy}.",
    summary: "The customer booked an appointment with the number {reference} and asked for a person about an invoice.",
  },
};

const hebrew: ClinicScript = {
  language: "Hebrew",
  phone: "972541234567",
  texts: [
    { title: "שעות פתיחה", body: "שעות הפתיחה של המרפאה הן מיום ראשון עד יום חמישי, 8:00 עד 18:00.", language: "he" },
    { title: "מחירים", body: "מחיר ניקוי שיניים הוא 280 ש״ח, מחיר סתימה הוא 420 ש״ח.", language: "he" },
  ],
  hours: { in: /(\d+:\d+ עד \d+:\d+)/, is: "8:00 עד 18:00" },
  price: { in: /ניקוי שיניים הוא (\d+ ש״ח)/, is: "280 ש״ח" },
  allergy: "פניצילין",
  says: {
    hours: "בוקר טוב! מהן שעות הפתיחה של המרפאה?",
    // With the marks that phones put around numbers, and with vowels: nothing of it may be lost on the way.
    tuesday: "\u200Fאני צריכה תור לרופא שיניים ביום שלישי, בְּבַקָּשָׁה\u200F.",
    time: "השעה 10:30 מתאימה לי.",
    allergy: "לפני שאשכח: אני אלרגית לפניצילין.",
    burst: ["עוד דבר אחד", "גם הבן שלי מגיע 👶🏽", "מה המחיר של ניקוי שיניים?"],
    friday: "הוא יכול להגיע ביום שישי?",
    monday: "סליחה, התכוונתי ליום שני.",
    human: "אני מעדיפה לדבר עם אדם לגבי החשבונית.",
    paused: "הלו? יש שם מישהו?",
    colleague: "שלום, כאן דנה. הורדתי 10% מהחשבונית שלך.",
    afterwards: "תודה! כמה הורידה הקולגה שלכם?",
    again: "שלום שוב! מה המספר של התור שלי?",
  },
  answers: {
    hours: "בוקר טוב! אנחנו פתוחים מ־{hours}, מיום ראשון עד יום חמישי.",
    slots: "השעות הפנויות באותו יום הן: {slots}. איזו שעה מתאימה לך?",
    booked: "התור שלך נקבע. מספר התור הוא {reference}.",
    voice: "אני מצטער, אני לא יכול להאזין להודעות קוליות. אפשר לכתוב לי, בבקשה?",
    noted: "תודה שסיפרת לנו, רשמתי את זה לרופא השיניים.",
    price: "ניקוי שיניים עולה {price}. גם הבן שלך מוזמן.",
    discount: "הקולגה שלי הורידה {discount} מהחשבונית שלך.",
    again: "ברוכה השבה! המספר הוא {reference}, ואנחנו זוכרים את האלרגיה שלך: {allergy}.",
    summary: "הלקוחה קבעה תור שמספרו {reference} וביקשה לדבר עם אדם לגבי חשבונית.",
  },
};

const spanish: ClinicScript = {
  language: "Spanish",
  phone: "34612345678",
  texts: [
    { title: "Horario de apertura", body: "La clínica abre de domingo a jueves, de las 8:00 a las 18:00 horas.", language: "spanish" },
    { title: "Precios", body: "Una limpieza dental cuesta 70 euros, un empaste cuesta 95 euros.", language: "spanish" },
  ],
  hours: { in: /de (las \d+:\d+ a las \d+:\d+)/, is: "las 8:00 a las 18:00" },
  price: { in: /limpieza dental cuesta (\d+ euros)/, is: "70 euros" },
  allergy: "penicilina",
  says: {
    hours: "¡Buenos días! ¿Cuál es el horario de apertura de la clínica?",
    tuesday: "Necesito una cita con el dentista el martes, por favor.",
    time: "Me viene bien a las 10:30.",
    allergy: "Antes de que se me olvide: soy alérgica a la penicilina.",
    burst: ["Otra cosa", "mi hijo también viene", "¿Cuánto cuesta una limpieza dental?"],
    friday: "¿Puede venir el viernes?",
    monday: "Perdón, quería decir el lunes.",
    human: "Prefiero hablar con una persona sobre la factura.",
    paused: "¿Hola? ¿Hay alguien ahí?",
    colleague: "Hola, soy Dana. Le he descontado un 10% de la factura.",
    afterwards: "¡Gracias! ¿Cuánto me ha descontado su compañera?",
    again: "¡Hola de nuevo! ¿Cuál es el número de mi cita?",
  },
  answers: {
    hours: "¡Buenos días! Abrimos de {hours}, de domingo a jueves, y estaremos encantados de atenderle.",
    slots: "Ese día quedan libres estas horas: {slots}. ¿Cuál le viene mejor a usted?",
    booked: "Su cita está reservada. El número de la cita es {reference}.",
    voice: "Lo siento, no puedo escuchar mensajes de voz. ¿Me lo puede escribir, por favor?",
    noted: "Gracias por decírnoslo, lo he anotado para el dentista.",
    price: "Una limpieza dental cuesta {price}. Su hijo también es bienvenido.",
    discount: "Mi compañera le ha descontado un {discount} de la factura.",
    again: "¡Bienvenida de nuevo! El número es {reference}, y recordamos su alergia: {allergy}.",
    summary: "La clienta reservó una cita con el número {reference} y pidió hablar con una persona sobre una factura.",
  },
};

const portuguese: ClinicScript = {
  language: "Portuguese",
  phone: "5511912345678",
  texts: [
    {
      title: "Horário de funcionamento",
      body: "O horário de funcionamento da clínica é de domingo a quinta-feira, das 8:00 às 18:00 horas.",
      language: "pt-BR",
    },
    { title: "Preços", body: "O preço de uma limpeza dentária é 150 reais, uma obturação custa 210 reais.", language: "pt-BR" },
  ],
  hours: { in: /(das \d+:\d+ às \d+:\d+)/, is: "das 8:00 às 18:00" },
  price: { in: /limpeza dentária é (\d+ reais)/, is: "150 reais" },
  allergy: "penicilina",
  says: {
    hours: "Bom dia! Qual é o horário de funcionamento da clínica?",
    tuesday: "Preciso de uma consulta com o dentista na terça-feira, por favor.",
    time: "Às 10:30 está ótimo para mim.",
    allergy: "Antes que eu esqueça: sou alérgica à penicilina.",
    burst: ["Mais uma coisa", "meu filho também vai", "Qual é o preço de uma limpeza dentária?"],
    friday: "Ele pode ir na sexta-feira?",
    monday: "Desculpe, eu quis dizer segunda-feira.",
    human: "Prefiro falar com uma pessoa sobre a fatura.",
    paused: "Alô? Tem alguém aí?",
    colleague: "Olá, aqui é a Dana. Descontei 10% da sua fatura.",
    afterwards: "Obrigada! Quanto a sua colega descontou?",
    again: "Olá de novo! Qual é o número da minha consulta?",
  },
  answers: {
    hours: "Bom dia! Estamos abertos {hours}, de domingo a quinta-feira. Você não precisa marcar antes.",
    slots: "Nesse dia ainda temos estes horários livres: {slots}. Qual deles é melhor para você?",
    booked: "A sua consulta está marcada. O número da consulta é {reference}.",
    voice: "Desculpe, não consigo ouvir mensagens de voz. Você pode escrever para mim, por favor?",
    noted: "Obrigado por nos contar, já anotei isso para o dentista.",
    price: "Uma limpeza dentária custa {price}. O seu filho também é bem-vindo.",
    discount: "A minha colega descontou {discount} da sua fatura.",
    again: "Que bom ver você de novo! O número é {reference}, e lembramos da sua alergia: {allergy}.",
    summary: "A cliente marcou uma consulta com o número {reference} e pediu para falar com uma pessoa sobre uma fatura.",
  },
};

export const CLINIC_SCRIPTS: readonly ClinicScript[] = [english, hebrew, spanish, portuguese];

/** Said by the business when a person is fetched: it has one text for all of its customers. */
export const HANDOFF_TEXT =
  "One moment, a colleague will answer. · רגע, נציגה תענה. · Un momento, le atiende una persona. · Um momento, já atendemos.";

export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (gap, name: string) => values[name] ?? gap);
}
