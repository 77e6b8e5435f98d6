import { detectAll } from "tinyld";
import { expect, it } from "vitest";
import { languageByWords } from "./telltale-words.ts";

it.for([
  ["en", "On Sunday we are open from 8 to 14 h. Come by whenever it suits you best, we look forward to it."],
  ["en", "Your order was shipped this morning and should arrive tomorrow. You can track it with the number that we sent you."],
  ["pt", "O seu pedido foi enviado hoje de manhã e deve chegar amanhã. Pode acompanhar com o número que enviámos."],
  ["pt", "Olá! Temos vaga na quinta às 10h ou na sexta às 15h. Qual prefere?"],
  ["es", "Hola, quería saber si el sábado están abiertos y cuánto cuesta la consulta"],
  ["es", "Su pedido salió esta mañana y llegará mañana. Puede seguirlo con el número que le enviamos."],
  ["fr", "Votre commande est partie ce matin et devrait arriver demain. Vous pouvez la suivre avec le numéro que nous vous avons envoyé."],
  ["it", "Siamo aperti il sabato dalle nove a mezzogiorno e nei giorni feriali dalle nove alle diciotto."],
  ["de", "Wir haben samstags von neun bis zwölf Uhr geöffnet, und an Werktagen von neun bis achtzehn Uhr."],
  [
    "nl",
    "Uw bestelling is vanmorgen verzonden en komt waarschijnlijk morgen aan. U kunt het pakket volgen met het nummer dat we hebben gestuurd.",
  ],
] as const)("%s is known by its small words, and the close look agrees: %s", ([language, text]) => {
  expect(languageByWords(text)).toBe(language);
  expect(detectAll(text)[0]?.lang).toBe(language);
});

it.for([
  ["Catalan", "Estem oberts els dissabtes de nou a dotze. Pot seguir la seva comanda amb el número que li hem enviat."],
  [
    "Afrikaans, which is near to Dutch",
    "Ons is Saterdae oop van nege tot twaalf. Jou bestelling is vanoggend gestuur en behoort môre aan te kom.",
  ],
  ["Galician", "Estamos abertos os sábados de nove a doce, e os días laborables de nove a seis da tarde."],
  ["Danish", "Vi har åbent om lørdagen fra ni til tolv. Din ordre er sendt i morges og bør komme i morgen."],
  ["Swedish", "Vi har öppet på lördagar från nio till tolv, och på vardagar från nio till sex."],
  ["Romanian", "Suntem deschiși sâmbăta de la nouă la douăsprezece, și în zilele lucrătoare de la nouă la șase."],
  ["Polish", "Jesteśmy otwarci w soboty od dziewiątej do dwunastej, a w dni powszednie od dziewiątej do osiemnastej."],
  ["Indonesian", "Kami buka pada hari Sabtu dari jam sembilan sampai dua belas, dan pada hari kerja dari jam sembilan sampai enam."],
  ["Haitian", "Nou louvri chak samdi soti nèf è rive midi, ak lajounen travay yo soti nèf è rive sizè."],
  ["Luxembourgish", "Mir hunn samsdes vun néng bis zwielef Auer op, an op Wierkdeeg vun néng bis sechs Auer."],
  ["Hebrew with a little English", "אנחנו פתוחים בשבת מתשע עד שתים עשרה, ובימי חול מתשע עד שש בערב. we are the best in the city"],
  ["two languages", "We are open on Saturdays and you can come by. Estamos abertos aos sábados, e vocês são muito bem-vindos."],
  ["names", "Aurora Lamps Deluxe 3000, Chandelier Royale, Lumina Nova, Edison Vintage"],
  ["nothing", ""],
])("nothing is said of what is not beyond doubt: %s", ([, text]) => {
  expect(languageByWords(text ?? "")).toBeUndefined();
});
