// Owns: the labelled set on which the thresholds of the knowledge responder are tuned: what customers write, and the beginning of the title of the text
// that should answer; null: a person has to. In four languages, with typing mistakes.
import { DEMO_TEXTS } from "../../src/demo/demo-texts.ts";

export interface LabelledText {
  readonly title: string;
  readonly body: string;
  readonly language: string;
}

export interface LabelledQuestion {
  readonly question: string;
  readonly expected: string | null;
}

const of = (language: string, pairs: readonly (readonly [string, string])[]): readonly LabelledText[] =>
  pairs.map(([title, body]) => ({ title, body, language }));

/** What the demo bakery knows, in English. */
export const BAKERY_TEXTS: readonly LabelledText[] = DEMO_TEXTS.map((text) => ({ ...text, language: "english" }));

/** A clinic that knows the same in three languages at once. */
export const CLINIC_TEXTS: readonly LabelledText[] = [
  ...of("spanish", [
    [
      "Horario: cuándo abren, a qué hora, abierto, sábado, domingo, cerrado",
      "Abrimos de lunes a viernes de 8:00 a 20:00 y los sábados de 9:00 a 13:00.",
    ],
    [
      "Dirección: dónde están, ubicación, cómo llegar, aparcamiento",
      "Estamos en la Calle Mayor 12, junto al parque. Hay aparcamiento gratuito.",
    ],
    ["Precios: cuánto cuesta, precio, tarifa de la consulta", "La primera consulta cuesta 50 euros y las siguientes 35 euros."],
    ["Cita: pedir cita, reservar, cambiar o cancelar una cita", "Puede pedir, cambiar o cancelar su cita por aquí hasta 24 horas antes."],
    ["Seguros: qué seguros aceptan, aseguradora, mutua", "Trabajamos con Sanitas, Adeslas y DKV."],
  ]),
  ...of("portuguese", [
    [
      "Funcionamento: que horas abrem, horas de abertura, aberto, fecham, domingo",
      "Funcionamos de segunda a sexta das 8h às 20h e aos sábados das 9h às 13h.",
    ],
    [
      "Endereço: onde ficam, localização, como chegar, estacionamento",
      "Ficamos na Rua Direita 12, ao lado do parque. Temos estacionamento gratuito.",
    ],
    ["Preços: quanto custa, preço, valor da consulta", "A primeira consulta custa 50 euros e as seguintes 35 euros."],
    [
      "Marcação: marcar consulta, agendar, remarcar ou desmarcar",
      "Pode marcar, remarcar ou desmarcar a consulta por aqui até 24 horas antes.",
    ],
    ["Convênios: aceitam convênio, seguro, plano de saúde", "Aceitamos Médis, Multicare e AdvanceCare."],
  ]),
  ...of("simple", [
    ["שעות פתיחה: מתי פתוח, באיזו שעה, סגור, שבת, שישי", "אנחנו פתוחים בימים א׳ עד ה׳ מ-8:00 עד 20:00 וביום שישי עד 13:00."],
    ["כתובת: איפה אתם נמצאים, מיקום, איך מגיעים, חניה", "אנחנו ברחוב הרצל 12, ליד הפארק. יש חניה חינם."],
    ["מחירים: כמה עולה ביקור, מחיר, עלות", "ביקור ראשון עולה 200 שקלים, ביקור המשך 140 שקלים."],
    ["תורים: לקבוע תור, לבטל תור, לשנות תור", "אפשר לקבוע, לשנות או לבטל תור כאן עד 24 שעות לפני."],
    ["ביטוח: קופת חולים, כללית, מכבי, ביטוח פרטי", "אנחנו עובדים עם כללית, מכבי ומאוחדת."],
  ]),
];

const labelled = (pairs: readonly (readonly [string, string | null])[]): readonly LabelledQuestion[] =>
  pairs.map(([question, expected]) => ({ question, expected }));

export const BAKERY_QUESTIONS: readonly LabelledQuestion[] = labelled([
  ["hi", "Greeting"],
  ["Good morning!", "Greeting"],
  ["hello there", "Greeting"],
  ["When are you open on Sunday?", "Opening"],
  ["are you open today", "Opening"],
  ["what time do you close on saturdays", "Opening"],
  ["are you open at the weekend?", "Opening"],
  ["Is the shop closed on Mondays?", "Opening"],
  ["Where are you?", "Address"],
  ["is there parking?", "Address"],
  ["what's your address please", "Address"],
  ["Do you deliver?", "Delivery"],
  ["could you deliver 20 rolls tomorrow", "Delivery"],
  ["is shipping free?", "Delivery"],
  ["how much is a croissant", "Prices"],
  ["what does a sourdough loaf cost?", "Prices"],
  ["I need a birthday cake for my daughter", "Cakes"],
  ["can I order a wedding cake for June", "Cakes"],
  ["do you have something vegan", "Allergens"],
  ["Is it without gluten?", "Allergens"],
  ["my son is allergic to nuts", "Allergens"],
  ["can i pay by card", "Payment"],
  ["do you take cash", "Payment"],
  ["thanks a lot!", "Thanks"],
  ["opning hours", "Opening"],
  ["delivry?", "Delivery"],
  ["do you have parkng", "Address"],
  ["croisant price", "Prices"],
  ["a birthdya cake", "Cakes"],
  ["glutenn free", "Allergens"],
  ["payement", "Payment"],
  ["My invoice number 4711 from last Friday is wrong and the lawyer of my company demands a correction with proper dates", null],
  ["xyzzy", null],
  ["¿?", null],
  ["I want to speak with the manager about yesterday", null],
  ["Are you hiring apprentices?", null],
  ["my neighbour told me that somebody lost a dog near the river last week", null],
  ["do you sell insurance", null],
  ["what is the capital of France", null],
  ["can you repair my phone screen", null],
  ["I found a piece of plastic in what I bought yesterday, this is outrageous", null],
  ["who owns the company", null],
  ["please stop sending me advertising", null],
  ["is the wifi password still the same", null],
  ["do you take care of dogs", null],
  ["I left my umbrella at your counter", null],
  ["lol", null],
  ["can we film a documentary in your kitchen next month", null],
  ["my daughter would like an internship", null],
]);

export const CLINIC_QUESTIONS: readonly LabelledQuestion[] = labelled([
  ["¿Cuándo abren los sábados?", "Horario"],
  ["a que hora abren manana", "Horario"],
  ["¿Dónde están?", "Dirección"],
  ["donde puedo dejar el coche, hay aparcamiento?", "Dirección"],
  ["¿Cuánto cuesta una consulta?", "Precios"],
  ["precio por favor", "Precios"],
  ["quiero pedir una cita", "Cita"],
  ["necesito cancelar mi cita del jueves", "Cita"],
  ["aceptan seguros?", "Seguros"],
  ["horaro", "Horario"],
  ["canselar cita", "Cita"],
  ["Que horas abrem no sábado?", "Funcionamento"],
  ["voces estao abertos no domingo", "Funcionamento"],
  ["Onde ficam?", "Endereço"],
  ["qual o endereco", "Endereço"],
  ["tem estacionamento?", "Endereço"],
  ["Quanto custa a consulta?", "Preços"],
  ["qual o preco", "Preços"],
  ["quero marcar uma consulta", "Marcação"],
  ["preciso desmarcar", "Marcação"],
  ["aceitam convenio?", "Convênios"],
  ["estacionameto", "Endereço"],
  ["מתי אתם פתוחים?", "שעות"],
  ["באיזו שעה אתם נפתחים ביום שישי", "שעות"],
  ["איפה אתם נמצאים?", "כתובת"],
  ["יש חניה?", "כתובת"],
  ["כמה עולה ביקור?", "מחירים"],
  ["אני רוצה לקבוע תור", "תורים"],
  ["לבטל את התור שלי", "תורים"],
  ["אתם עובדים עם מכבי?", "ביטוח"],
  ["me duele mucho la cabeza desde ayer", null],
  ["quiero hablar con el director", null],
  ["perdí mi paraguas en su sala", null],
  ["mi perro está enfermo", null],
  ["quién ganó el partido anoche", null],
  ["estou com muita febre desde ontem", null],
  ["quero falar com o gerente", null],
  ["esqueci o meu casaco aí", null],
  ["vocês contratam enfermeiros?", null],
  ["quando sai o resultado do exame", null],
  ["כואב לי הראש מאתמול", null],
  ["אני רוצה לדבר עם המנהל", null],
  ["שכחתי אצלכם את המעיל", null],
  ["אתם מחפשים עובדים?", null],
  ["מה התוצאות של הבדיקה", null],
]);

/**
 * Written before the worth of words was last changed (2026-11-25). No number was tuned on them, but whoever chose the rule had them before their eyes, and the
 * first of the clinic was the reason for it: their share of right answers is an upper bound, not what unseen questions get.
 * Those of `BAKERY_TEXTS` in English, the others of `CLINIC_TEXTS`.
 */
export const HELD_OUT_QUESTIONS = {
  bakery: labelled([
    ["when do you open tomorrow morning", "Opening"],
    ["has my order from the online shop arrived at the office", null],
    ["is the morning train late again", null],
    ["did anyone find my keys", null],
    ["how do I close my account", null],
  ]),
  clinic: labelled([
    ["o resultado do exame já chegou", null],
    ["dá para estacionar perto da clínica", "Endereço"],
    ["los resultados llegaron ayer", null],
    ["se puede aparcar cerca de la clínica", "Dirección"],
    ["מתי יגיעו התוצאות", null],
    ["אפשר לחנות לידכם", "כתובת"],
  ]),
} as const;
