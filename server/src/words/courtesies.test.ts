// Proves on what people really write, in every language of the product, that a courtesy is no question and that no question is taken for a courtesy.
import { expect, test } from "vitest";
import { asksSomething, readCourtesy } from "./courtesies.ts";
import { questionsOf } from "./questions-of.ts";

const texts = (written: string): readonly string[] =>
  written
    .split(/[\n|]/)
    .map((text) => text.trim())
    .filter((text) => text !== "");

test.each([
  [
    "greeting",
    `heyy | hellooo | hii | helloo | HELLO!!! | Hello Maria | Hi there team | hello sir | Good morning Acme! | goodmorning | good mornign | hey guys 👋🏽
     Hi, hope you are well | hello, how are you doing today? | Hey! What's up? | Good evening Dr. Silva | gm | helo
     holaaa | Hola! Buenas tardes 😊 | hola que tal? | buenosdias | Buenas noches señora | ¿Qué tal? | hola amigo | Hola, ¿cómo está usted?
     oii | Bom diaaa | bomdia | Olá, boa tarde! | Oi, tudo bem com você? | oi pessoal | boa noite senhor
     Bonjour madame | bonjourrr | Salut, ça va ? | Bonsoir à tous | Bonjour Monsieur
     Hallöchen | Guten Morgen zusammen! | Moin moin | Grüß Gott | Hallo, wie geht's? | Servus! | Hallo Herr Müller
     היי, מה נשמע? | שלום וברכה | בוקר טוב לכולם! | ערב טוב 🌙 | שלום רב | היייי
     السلام عليكم ورحمة الله وبركاته | أهلاً وسهلاً | صباح الخير يا جماعة | مرحبــــا | مساء الخير أخي | مرحبا، كيف حالك؟
     Hi 👋 | hi hi | HIIII | Hello? | Hey ya | Good Morning!! ☀️ | gud morning | Good afternoon to you all | Hi its Maria | hi, this is John | Hola soy Juan | Olá, me chamo Ana | Hallo, ich bin Peter | hello hello | Howdy partner | Evening all
     Buen día!! | Hola holaaa | Hola buenas | muy buenas | Hola, buenas tardes, ¿cómo están? | Oi bom dia tudo bem | opaaa | e aí? | Bonjour à vous | Hey, ça va bien ? | Guten Morgen Frau Schmidt | Tach | Grüezi mitenand | Na, wie geht's | הי :) | שלום לכולם
     היי בוקר טוב | مساء النور | هلا والله | السلام عليكم اخوي | Salam | salam alaikum | shalom | namaste | Hi dear | Merry Christmas! | Happy new year 🎉 | Feliz Navidad | Feliz ano novo! | Frohe Weihnachten | Ramadan Kareem
     hi again`,
  ],
  [
    "thanks",
    `thankss | no, thanks! | No, gracias 🙂 | não, obrigada | Non, merci | לא, תודה רבה | لا، شكرا | thnks | THANK YOU!!! | thankyou | tks | thx 🙏🏽 | ok thx bye | okk | Okayyy | oki doki | Thanks Maria! | Thank you for your quick reply | thanks for letting me know
     Thanks a million | great, thanks so much!! | Perfect! See you tomorrow | ok see you on Monday at 5 | have a great weekend! | You too, have a good one | no worries, thanks anyway
     awesome 😍😍 | hahahaha | ahaha | lmao | ok :D | that's all, thanks | No, that's all thank you | no thats everything | sounds great | got it 👍🏿 | Ok cool | noted with thanks
     many thanks in advance | ok perfect thank you so much for your help | good to know | ok got it, thanks. bye! | All good, thanks 😊 | ohh ok | I understand | thank you all | God bless you | oh wow | ok then
     graciass | Mil gracias!! | muchas gracias por tu respuesta | ok gracias | Gracias Juan | Vale, perfecto 👌 | jajaja | jajajaj gracias | Listo, muchas gracias | okis | Nos vemos mañana | eso es todo, gracias | Muy bien, hasta luego
     que tengas buen día | igualmente, gracias | no hay problema | está bien | super, gracias | graciasss!!! | muy agradecida | Buen fin de semana
     obrigadaaa | Muito obrigado pela atenção! | brigadão | tá bom, obrigada | Valeu, até amanhã! | kkkk | kkkkkkkk | rsrs | ok obg | blz | fechado | beleza, combinado | era só isso, obrigado | Bom fim de semana! | Deus abençoe | show de bola | Tenha um ótimo dia
     mercii | Merci pour votre réponse | Merci bcp | OK merci | d'accord merci | Ça marche | Bonne journée à vous aussi | pas de souci | c'est tout, merci | super merci | À demain ! | Bon week-end | c'est noté
     dankeee | Danke für die schnelle Antwort | Vielen lieben Dank! | Alles klar, danke | Super, bis morgen! | Dankeschön 🙏 | Schönes Wochenende | das war's, danke | Ok, vielen Dank | kein Problem | Ich danke Ihnen | mfg | Liebe Grüße
     תודה רבהההה | המון תודה 🙏 | תודה על התשובה המהירה | אוקיי תודה | סבבה, תודה | חחחחח | מעולה תודה רבה לך | יום נעים | תודה מראש | זה הכל תודה | אין בעיה | קיבלתי
     شكــــراً | شكرا جزيلا لكم 🌹 | تمام شكرا | يعطيك العافية | جزاك الله خيرا | ههههههه | الله يسلمك | شكرا على الرد السريع | ان شاء الله | الحمد لله | بارك الله فيك | مع السلامة | تسلم ايدك | هذا كل شيء، شكرا
     thanks again! | Thanks 🙏🙏🙏 | thank youuuu | tyvm | Thanks mate | cheers mate | Ta | ok ok | okay okay | okie | OK 👌 | ok great 👍 | K. | Alright then | Cool cool | Nice!!
     Wow amazing | that's great, thanks | That's very kind of you | this is perfect | you're the best | you are amazing ❤️ | I love it | great service | Great job guys | Will do, thanks | I'll let you know | I will think about it | let me think about it | ok I will wait | I'll be there | on my way
     no rush | take your time | hope so | I hope so | ok no problem | ok never mind | never mind | nvm | nevermind, found it | Sorry, wrong number | wrong number | sorry my mistake | oops | aww | aw thank you | yay
     hurray | phew | Okay, thank you for the information, have a nice day! | thanks!! will come tomorrow
     ok vale | okey gracias | gracias a ustedes | gracias a ti | muchísimas gracias!!! | Te agradezco | le agradezco mucho | Qué bueno | qué bien | excelente | Excelente, gracias | ok perfecto gracias | Entendido, gracias | ok muy amable | cualquier cosa les aviso | yo les aviso
     luego te escribo | perdón, me equivoqué | número equivocado | bendiciones 🙏
     ok obrigado | obrigado você | obrigado a você | Obrigado pela informação | gratidão | ok, vou pensar | qualquer coisa eu aviso | Muito bom! | Que bom | que ótimo | amei | adorei 😍 | perfeito obrigada | tá joia | ok ok obrigado | desculpa, foi engano
     número errado
     ok merci beaucoup | merci à vous | merci infiniment | Je vous remercie | super, merci beaucoup | génial merci | c'est gentil | très gentil merci | bonne continuation | désolé, erreur de numéro
     ok danke | Danke schön!! | Danke euch | danke für die Info | Danke, ich überlege es mir | Super, vielen Dank für die Info | das ist lieb | sehr nett, danke | Perfekt, danke dir | falsche Nummer | jo danke | Alles gut | passt so | mach ich
     תודה!!! | תודה 🙏 | אוקי תודה רבה | תודה רבה על העזרה | מצויין | מעולה!! | וואו | תודה לכם | טוב תודה | יאללה ביי | אחלה תודה | בשמחה | סליחה טעות
     شكراً جزيلاً | شكرا شكرا | شكرا لكم جميعا | مشكورين | تمام | اوكيه | اوكى شكرا | حاضر | تمام التمام | ممتاز جدا | رائع شكرا | لا داعي`,
  ],
  [
    "answer",
    `yess | YES! | yes pls | Yes, please 🙏 | nooo | nothanks | No thank you 😊 | yes of course | Absolutely | definitely | not yet | not now | I don't know | idk | both | neither | please | 3 | ٣ | 1️⃣ | 2 please | yes sir | yes exactly | no I don't | yes I do | not really
     sii | Sí, por favor | no gracias | claro que sí | no sé | todavía no | por supuesto | ninguno
     simm | Sim, por favor | Não sei | ainda não | com certeza! | pode ser | isso aí
     ouii | Oui s'il vous plaît | je ne sais pas | pas encore | bien sûr | Oui, volontiers
     jaaa | Ja bitte | nein danke | Ja, gerne | weiß nicht | noch nicht | auf jeden Fall | natürlich!
     כן בבקשה | לא תודה | בטח! | לא יודע | עדיין לא | ברור
     نعم من فضلك | لا شكرا | أكيد | لا أعرف | ليس بعد | طبعا | أيوه | 👍 | 👍🏽 | 👎 | ✅ | 👌🏻 | 🆗
     y | yes!!! | Yes 👍 | Yes that's right | yes correct | yes it is | that's correct | yes, that one | the first one | first | second | option 2 | number 3 | A | b) | 1
     10 | No. | no 🙁 | no it's ok | no it's fine | I'm not sure | sim sim | sim pode | não não | si si | sí, claro | ja klar | ja gern | nein, noch nicht | oui oui | non pas encore
     כן כן | לא לא | ممكن | نعم نعم | لا لا`,
  ],
  [
    "stop",
    `STOP! | stop please | Unsubscribe me | Stop sending me messages | please stop messaging me | STOP 🛑 | stop texting me | remove me from your list | don't message me again | opt-out
     BAJA | quiero darme de baja | no me escriban más | parar mensajes
     SAIR | parar | me tire da lista | não quero mais receber mensagens
     ARRÊT | me désinscrire | ne m'écrivez plus
     Abmelden! | bitte abmelden | keine Nachrichten mehr bitte
     הסירו אותי מהרשימה | להסיר | إلغاء الاشتراك | أوقف الرسائل
     Stop!!! | stop stop | STOP. | Please stop. | stop now | stop, thanks | Unsubscribe please | I want to unsubscribe | no more messages please | stop spamming | stop spamming me | leave me alone | don't contact me | do not contact me again | quit | Basta
     Dejen de escribirme | deja de escribirme | parem de me mandar mensagem | Pare de me enviar mensagens | não me mande mais nada | arrêtez de m'envoyer des messages | Stopp! | Stop bitte | lasst mich in Ruhe | תפסיקו לשלוח לי | די | توقف عن مراسلتي | لا ترسل لي رسائل`,
  ],
  [
    "nothing",
    `🙂 | 😂😂😂 | ❤️‍🔥 | 👨‍👩‍👧‍👦 | 🏳️‍🌈 | 🇧🇷 | 🏴󠁧󠁢󠁥󠁮󠁧󠁿 | ... | ?! | ؟ | ？ | ¿? | 。 | — | ™ | ℹ️ | 🎉🎉!! | :) | xD | <3
     👀 | 🤷‍♀️ | 😭😭 | 🙏 | ⭐⭐⭐⭐⭐ | ... ... | ‼️ | ❤️❤️ | 🇺🇸 | ^^`,
  ],
  [
    "person",
    `I want to talk to a human please | can i speak with an agent? | AGENT | Human! | representative!!! | I need a human | I want a real person | give me an agent now | get me a manager | let me talk to your manager
     I don't want a bot, I want a human | Why can't I speak to a person? | connect me to customer service | transfer me to support | can someone call me | I'd like to speak with somebody | is there someone I can talk to? | talk to agent | speak to a live person | Hi, can I talk to a person?
     live support | call me please, I need to speak to someone | I want to chat with a real human being
     quiero hablar con un asesor | ¿Puedo hablar con alguien? | necesito un agente | quiero un humano | pásame con un agente | comuníqueme con una persona | atención al cliente | Quiero que me atienda una persona | hablar con un humano
     quero falar com uma pessoa | Preciso falar com alguém | falar com atendente | quero um atendente | me passa pra um atendente | atendente por favor | posso conversar com um humano?
     je voudrais parler à quelqu'un | parler avec un conseiller | je veux un humain | passez-moi un responsable | service client | puis-je parler à une personne ?
     ich will mit einem Menschen sprechen | Kann ich mit jemandem reden? | ich möchte einen Mitarbeiter | Kundenservice bitte | Bitte verbinden Sie mich mit einem Mitarbeiter | Mensch bitte
     אפשר נציג? | אני צריך לדבר עם מישהו | רוצה לדבר עם נציג אנושי | תעבירו אותי לנציג | נציג בבקשה | שירות לקוחות | אני רוצה לדבר עם אדם אמיתי
     اريد التحدث الى موظف | ممكن أتكلم مع شخص؟ | حولني الى موظف | أريد التحدث مع إنسان | عايز اكلم حد | خدمة العملاء | أبغى أكلم موظف
     hi, agent | hello human | hey I'd like to talk to a human | Sorry, can I speak to someone else? | I wanna talk to a person | i wanna speak with an agent | let me speak to someone | put me through to a person | put me through to someone | is anyone there I can talk to? | I need human help | human help | human assistance | I need to talk to someone | I need assistance from a human | I prefer a human
     Get me a human being | real agent pls | TALK TO AGENT | Speak to representative | customer service representative | customer service please | I demand to speak to a manager | your manager please | supervisor | I want your supervisor | can I have a human? | can I get a person? | no bots, human | stop the bot, give me a human | you're a bot, I want a person | quiero un agente por favor
     quiero atención humana | atencion humana | asesor por favor | me puede atender una persona? | ¿me comunica con un asesor? | comunicame con un humano | hablar con asesor | hablar con una persona real | persona real | con un agente por favor | quero falar com um humano | quero atendimento humano | falar com humano | fala com atendente | quero um humano | me transfere para um atendente
     alguém pode me atender? | tem alguém aí que possa me atender? | un humain s'il vous plaît | je veux parler à un conseiller | je voudrais un conseiller | mettez-moi en relation avec un conseiller | echten Menschen bitte | ich möchte mit jemandem sprechen | einen Menschen bitte | kann ich mit einem echten Menschen sprechen | Ich brauche einen Mitarbeiter | נציג | תעביר אותי לנציג אנושי | אפשר לדבר עם מישהו? | מבקש נציג | אני צריכה נציג
     תנו לי נציג | אפשר לדבר עם מנהל? | بدي احكي مع موظف | ممكن موظف؟ | اريد موظف | وصلني بموظف | كلمني موظف | اريد شخص حقيقي | ممكن اتكلم مع حد؟`,
  ],
  [
    "question",
    `Good morning, are you open? | hello do you have rolls | hi, price list | thanks but how much is it | ok and where are you? | Thanks! When do you close? | Yes, but what does it cost | hi menu | Hello. Prices
     I don't want an agent | I don't want to talk to a human, just tell me the price | no human please | please don't call me | I do not need to speak to anyone
     real estate agent | I'm a real estate agent | human resources | Do you have a travel agent? | who is your insurance agent | what cleaning agent do you use | How much is it per person? | a table for 2 people, can I call? | Can we reach 20 people | do you work with a forklift operator
     the agent said 5 euros | are you human? | are you a bot | is this a real person? | I saw a person at the door | can I call you? | what is your phone number | talk about the price | do you speak English?
     non-stop delivery? | where is the bus stop | don't stop the delivery | can I stop by at 5 | do you stop at noon | cancel my appointment | how do I unsubscribe
     thanksgiving hours? | ok google | hi-fi speakers | okra | yesterday | no sugar | tomorrow at 5 | one roll please | 2 rolls please | I said thanks but nobody answered | Hello, I need help | good bread | great prices? | nice cakes, how much
     hola precio | Hola, ¿tienen pan? | gracias, ¿y el domingo? | ¿cuánto cuesta por persona? | no quiero hablar con un agente | recursos humanos | agente inmobiliario | ¿Hablas inglés? | sí, pero cuánto | una mesa para dos personas
     oi, qual o preço? | obrigado, e no domingo? | não quero falar com atendente | quanto é por pessoa? | corretor de imóveis | vocês falam inglês?
     bonjour, vous êtes ouverts ? | merci, et dimanche ? | je ne veux pas parler à un humain | combien par personne ? | ressources humaines
     Hallo, habt ihr offen? | danke, und am Sonntag? | ich will nicht mit einem Mitarbeiter sprechen | Was kostet es pro Person? | Bis wann habt ihr offen? | keinen Mitarbeiter bitte
     שלום, אתם פתוחים? | תודה, וביום ראשון? | אני לא רוצה נציג | כמה עולה לאדם? | משאבי אנוש | אני רוצה לחם
     مرحبا، هل أنتم مفتوحون؟ | شكرا، وماذا عن الأحد؟ | لا أريد التحدث مع موظف | كم السعر للشخص؟ | الموارد البشرية | أريد خبز
     你们几点开门？ | 你好，有面包吗？
     thanks, what about sunday | thank you for the menu, do you deliver | great what time | ok how much | ok where | thanks is it open | yes and the price | hi I want to order | hello i need 2 rolls | ok book it | thanks I need an invoice | good morning I have a problem | thanks but it is broken | hi help | help | menu
     price | precio | preço | prix | Preis | מחיר | السعر | yes but I have a question | ok I have another question | Can you talk? | sorry I don't understand | that's wrong | you are wrong | this is not what I asked | bad service | terrible
     I am angry | refund | no it's broken | I waited for an hour | bye the way do you have rolls | see you are open? | have a good price? | have a nice table for 2 | Thanks for nothing, where is my order | until when? | bis wann | ate que horas | hasta qué hora | a que hora | gracias domingo abren | feliz de saber cuanto cuesta
     Hi Maria, do you have rolls | Hello Acme when do you open | good morning 2 rolls please | are you there? | anyone there | hi are you there? | who are you | qui êtes-vous | quien eres | where's my order | what's up with my order | how are you open on sunday | how is it going with my order | really? how much | Sure? how much | no reply from you
     no answer yet | no internet | no milk | sin gluten | sem glúten | ohne Gluten | sans gluten | ללא גלוטן | بدون جلوتين | 2 cakes | 5 euros | 12345 | order 55 | ja wann denn | sim e quanto | merci et combien
     danke und wann | תודה ומתי | شكرا ومتى`,
  ],
] as const)("is read as %s", (kind, written) => {
  const others = texts(written).flatMap((text) => (readCourtesy(text) === kind ? [] : [`${text}: ${readCourtesy(text)}`]));
  expect(others).toEqual([]);
});

test.each([
  ["Shall I book it for Tuesday?", true],
  ["Please send me your location.", true],
  ["Por favor, envíe su dirección.", true],
  ["Bitte teilen Sie mir Ihren Namen mit.", true],
  ["Veuillez m'indiquer votre adresse.", true],
  ["Tell me how many rolls you want", true],
  ["נא לשלוח כתובת", true],
  ["يرجى إرسال الموقع", true],
  ["We open at 8.", false],
  ["Your order is on its way.", false],
])("our own %s asks for something: %s", (said, asks) => {
  expect(asksSomething(said)).toBe(asks);
});

test.each([
  ["What are your opening hours? Also do you have gluten free bread?", 2],
  ["¿A qué hora abren? ¿Tienen pan sin gluten? ¿Dónde están?", 3],
  ["¿A qué hora abren?¿Tienen pan?", 2],
  ["متى تفتحون؟ وأين أنتم؟", 2],
  ["你们几点开门？有面包吗？", 2],
  ["where are you, when do you open, do you have parking", 3],
  ["when do you open and how much is a roll", 2],
  ["a qué hora abren y dónde están", 2],
  ["quando abrem e onde ficam", 2],
  ["wann habt ihr offen und wo seid ihr", 2],
  ["Hi when do you open\nalso do you deliver", 2],
  ["Hello! When do you open? Thanks!", 1],
  ["do you have rolls and bread", 1],
  ["Is the 2.5 kg cake 30.50 or is it more?", 1],
  ["Are you open? Yes or no?", 1],
  ["I would like bread. It is for Sunday.", 0],
])("%j has so many questions: %i", (text, count) => {
  expect(questionsOf(text).guessed).toHaveLength(count);
});

test("only a guess finds two questions in one sentence", () => {
  expect(questionsOf("where can I park, is there a place").whole).toHaveLength(1);
  expect(questionsOf("where can I park, is there a place").guessed).toHaveLength(2);
});
