// Proves on the short texts that people and machines send, in every language of the product, which of them somebody has to answer.
import { expect, test } from "vitest";
import { readCourtesy } from "./courtesies.ts";

/** `courtesy`: nothing that asks; `no person`: whatever it is, nobody is wished for. */
const isRight = (kind: string, said: string): boolean => {
  if (kind === "courtesy") return ["greeting", "thanks", "answer", "nothing"].includes(said);
  return kind === "no person" ? said !== "person" : said === kind;
};

test.each([
  [
    "courtesy",
    `thanks so so much | thank you sooo much!!! | Thanks a bunch | thanks a ton | thx a lot | Thanx bro | ty ty | tysm!! 💕 | Thank you kindly | thank you, that was helpful | That was very helpful, thanks | great help, thank you
     you were very helpful | you rock | you guys rock! | ur awesome | Appreciate your help | I really appreciate your help | appreciate the help | thank you for getting back to me | Thanks for the quick answer! | thanks for your patience
     Thanks for everything 😊 | ok thank u | okay thank you so much | okayyy thanksss | k thx | kk ty | okey dokey | oki doke | alrighty | alrighty then | aight | bet | word | copy that | roger that | 10-4 | Gotcha, thanks | got it thanks
     I got it | ok i got it | Understood. Thank you. | ok understood thanks | Makes sense, thank you | fair enough, thanks | good stuff | sweet | sweet, thanks | cool beans | Perfect timing | Perfect 👌🏼 | Perfect, see you then | see you there
     see you soon! | see you later | see ya tomorrow | cu | ttyl | catch you later | later gator | have a nice one | enjoy your weekend | enjoy your day | happy weekend | Good night, sleep well | gn 😴 | good nite | nite nite | goodnight
     Good evening all | Gm ☀️ | good day to you | top of the morning | Hello again | hello hello? | helooo | hellow | hallo? | hi hiii | hey heyyy | yo | yoo | wassup | wazzup | Hi, how r u | hi how are u | how are you? | How's your day?
     hope you're having a great day | Hope you had a nice weekend | hi, good to meet you | nice chatting with you | It was a pleasure | pleasure | my pleasure | no prob | no probs | no problemo | np 👍 | all good | It's all good | its okay
     it's ok | that's ok | thats okay | that is fine | That's fine, thanks | that works | works for me | That works for me, thanks | sounds good to me | sounds perfect | Sounds like a plan | looks good | looks great | looks good to me | lgtm
     good idea | great idea | great news! | Wonderful news | oh great | oh ok | oh I see | ah ok | ahh okay | ah I see, thanks | aha ok | hmm ok | hmmm | umm | uh | uhh | uh huh | mhm | mm hmm | yeahh | yeaah | yess | yesss | yup yup
     yep thanks | ya ok | nope thanks | no that's it | nothing else thanks | no more questions | no further questions | that answers my question | That answers it, thanks | question answered | all sorted | sorted, thanks | all set, thanks
     I'm all set | we're good | we are good thanks | I'm good thanks | don't worry | dont worry about it | no need | no need, thanks | not needed | forget it | forget about it | ignore that | please ignore | ignore my last message
     sorry, ignore that | sorry wrong chat | wrong person | sorry I sent that by mistake | sent by mistake | typo | *thanks | my bad, sorry | sorry for the late reply | sorry for the delay | sorry to bother you | sorry for bothering you
     Apologies | apologies for the delay | excuse me | One moment please | one sec | one second | just a sec | just a moment | wait | wait a minute | hold on | hang on | brb | be right back | I'll be right back | give me a minute
     ok let me check | let me see | I'll see | will see | we'll see | I'll get back to you | will get back to you | I will call you later | I'll call back | I'll let you know tomorrow | will let u know | okay I'll think about it | I'm on my way
     received | received, thanks | Received with thanks | Done ✅ | done, thanks | congrats | congrats!! | Happy birthday! 🎂 | Happy Mother's Day | happy diwali | Happy Hanukkah | Shana tova | merry xmas | xmas greetings | Happy Eid
     Ramadan Mubarak | Have a blessed day | God bless | amen | Inshallah | mashallah | alhamdulillah | in sha allah | jazakallah | lol ok | lol thanks | haha nice | hahaha ok thanks | 😂😂😂 | 🤣 | rofl 😂 | xD | :) | :-) | ;-) | :P | <3
     ❤️❤️❤️ | 👍🏽 | 👍👍 | 👌🏿 | 🙏🏻 | 🙌🏾 | 💪 | 🔥🔥 | 🎉 | ✨ | 👏👏👏 | 🤝 | 😘 | 😍 | 🥰 | 🤗 | 😢 | 😡 | 🤔 | 🤷‍♀️ | 🤷🏽‍♂️ | 👩‍💻 | 🏳️‍🌈 | 🇧🇷 | 🇩🇪🇩🇪 | ✌️ | ☺️ | ✔️ | ☑️ | ✅ | ❌ | 👎🏼 | 🆗 | 💯 | ... | .... | … | ! | !!!
     ?! | ?? | . | , | - | — | * | _ | ~ | ' | " | ( ) | : | ; | \\\\ | / | & | @ | # | $ | % | ^^ | ¿? | ¡! | ، | ؟ | 。 | 、
     muchas graciass | mil gracias 🙏 | gracias totales | graciasss por todo | gracias por la info | gracias por responder | Gracias por tu tiempo | Muchas gracias por su atención | Muchísimas gracias, muy amable | muy amable, gracias
     gracias, muy amables | ok muchas gracias | okk gracias | oki gracias | okey | okei | sale | sale gracias | sale pues | va | va que va | ándale | órale | órale gracias | dale gracias | dale, perfecto | bárbaro | buenísimo, gracias | joya
     de una | de acuerdo, gracias | De acuerdo. Muchas gracias. | Entendido | entendí | ya entendí | ah ok entiendo | ah vale | ah bueno | aaah ok | vale vale | vale, gracias | Vale, lo miro | guay | mola | qué guay | chévere | chevere gracias
     bacano | listo | listo gracias | listo, quedo atento | quedo atenta | quedo pendiente | quedo al pendiente, gracias | estamos en contacto | nos hablamos | nos vemos | nos vemos el lunes | nos vemos pronto | hasta mañana | hasta la próxima
     hasta luego! | hasta el lunes | chao chao | chau, gracias | adiós | adiosss | bye | besos | un beso | abrazos | un abrazo | un saludo | saludos | saludos cordiales | Cordial saludo | que tenga buen día | Que tengan buena tarde
     que pases buen día | Feliz día | feliz tarde | feliz noche | feliz finde | feliz fin de semana | Buen provecho | buenas | buenas! | muy buenas tardes | Muy buenos días | buenos dias a todos | Buen día, ¿cómo estás? | holi | holis | ola
     hola hola | hola, qué tal? | Hola buenas noches | hola! cómo va? | Hola, espero que estés bien | buenas, cómo andan? | jajajaja | jeje | jejeje | jiji | jaja gracias | jaja ok | no se preocupe | no te preocupes | no pasa nada | tranquilo
     tranqui | todo bien | todo bien gracias | bien, gracias | muy bien gracias | perfecto, muchas gracias | perfecto 👌 | genial! | genial, gracias | excelente servicio | super! | súper, gracias | qué lindo | qué rico | qué padre | me sirve
     me sirve, gracias | eso era todo | eso sería todo | nada más, gracias | sería todo | es todo por ahora | por ahora no | por ahora no, gracias | por el momento no | ahorita no | luego | más tarde | después te aviso | yo te aviso | les aviso
     lo voy a pensar, gracias | déjame pensarlo | déjame ver | voy a ver | ya vi | ya lo vi | ya lo recibí | recibido | recibido, gracias | un momento | un momento por favor | un segundo | espere | espera | perdón por la demora
     disculpa la demora | disculpe la molestia | perdón, me equivoqué de chat | me confundí | sí | si si | sip | simón | nop | no no | no, gracias | sí, claro | sí por favor | claro | por supuesto | obvio | exacto | así es | eso | ese mismo
     el segundo | la primera | ambos | ninguno | no lo sé | no sé | ok Dios te bendiga | Dios los bendiga | amén | bendiciones | felicidades | felicitaciones | feliz cumpleaños 🎂 | Felices Pascuas | feliz año nuevo
     obrigadaaaa | mto obrigada | mt obg | muito obg | mto obg! | obrigada viu | obrigado viu | valeuu | vlw flw | vlww | valeu demais | valeu mesmo | obrigado pela ajuda | obrigada pelo retorno | Obrigado por tudo
     obrigada pela atenção, boa tarde | agradeço a atenção | agradecida | grato | Grata pela atenção | ok obrigada | okk obg | tá ok | ta ok obrigada | tá bom | tá bom então | ta bommm | tá certo | ta certo obg | certo, obrigado | certinho
     tudo certo | tudo certo obrigada | beleza | blz vlw | belezinha | firmeza | fechou | fechado! | combinado então | combinadíssimo | perfeito!! | perfeito obg | maravilha | ótimo, obrigada | otimo | show! | showww | show de bola, obrigado
     top demais | massa | bacana | legal, obrigado | entendi obrigada | entendido | ah entendi | ahh ta | ah tá | ah sim | aham | uhum | hum | humm | sim sim | simmm | siim | s | n | nn | não não | nao obrigada | não precisa
     não precisa, obrigada | precisa não | deixa | deixa pra lá | esquece | desculpa a demora | desculpe o incômodo | mandei errado | foi sem querer | foi engano, desculpa | sem problemas | imagina | magina | de nada | disponha | por nada
     tranquilo | tranquila | relaxa | boa | boaa | boa noite, durma bem | bom dia!! | bom dia, tudo bem? | Oi, tudo bem por aí? | oie | oiii | oi oi | oi bom dia | opa, tudo certo? | olá | olaa | e aí, beleza? | eai | salve | fala | fala aí
     boa tarde, td bem? | td bem? | tudo bem e vc? | tudo bem e você? | tudo ótimo | bem e vc? | kkkkk | kkkk obrigada | rsrsrs | hahaha obg | hehe | huahua | até mais | até logo | até amanhã | até segunda | até terça | até sexta às 10
     tchau tchau | tchauu | bjs | bjos | beijos | abs | abraço | um abraço | forte abraço | att | atenciosamente | bom feriado | boa semana | bom trabalho | bom descanso | boa sorte | bom domingo | ótima semana | tenha um bom dia
     tenha uma ótima tarde | fica com Deus | fique com Deus | Deus abençoe | amém | se Deus quiser | graças a Deus | parabéns | feliz aniversário | feliz páscoa | feliz dia das mães | só isso | só isso mesmo | era só isso | é só
     por enquanto é só | nada mais obrigada | já vi | já recebi | recebi, obrigada | recebido | um momento | um minutinho | peraí | só um momento | vou ver | vou pensar e te aviso | vou verificar | qualquer coisa te chamo | depois eu falo
     mais tarde | agora não | talvez | com certeza | claro | isso | isso mesmo | exato | exatamente | o primeiro | os dois | nenhum | não sei
     merci bcp | mercii | merci infiniment | merci d'avance | merci pour tout | merci pour l'info | merci pour les infos | Merci de votre réponse | merci de votre aide | merci pour votre retour | merci à vous aussi | un grand merci | grand merci
     mille mercis | merci mille fois | merci merci | mci | ok merci | ok mci | okok | okay merci | oki | oki merci | d'acc | dac | d'accord | d'accord, merci beaucoup | daccord | entendu | compris | bien compris | j'ai compris | je comprends
     je vois | ah ok | ah d'accord | ah oui | ahh | super | super merci | génial | génial ! | top | c'est top | parfait | parfait merci | c'est parfait | nickel | impec | impeccable | ça marche | ça roule | ça me va | c'est bon | c'est bon merci
     c'est bon pour moi | c'est noté | noté | bien noté | bien reçu | bien reçu merci | reçu | très bien | très bien merci | tres bien | excellent | magnifique | cool | cool merci | chouette | bonne idée | bonne journée | bonne journee à vous
     bonne soirée | bonne soirée à vous | bonne fin de soirée | bonne nuit | bon weekend | bon week-end ! | bon dimanche | bonne semaine | bonnes fêtes | joyeux noël | bonne année | joyeux anniversaire | bonnes vacances | bon appétit
     bon courage | bonne chance | bonne continuation | félicitations | bravo | au revoir | à bientôt | a bientot | à plus | a+ | à plus tard | à demain | à lundi | à tout à l'heure | à tt | bises | bisous | biz | cordialement | bien à vous
     bien cordialement | bonjour | bjr | bsr | slt | slt cv | cc | coucou | bonjour à tous | bonjour madame, monsieur | bonjour, comment allez-vous ? | Salut ça va ? | ça va | ça va bien | ça va bien merci | ça va merci et vous ?
     très bien et vous ? | enchanté | de rien | pas de quoi | je vous en prie | avec plaisir | pas de soucis | pas de souci | pas de problème | aucun problème | pas grave | c'est pas grave | ce n'est pas grave | t'inquiète
     ne vous inquiétez pas | tant pis | oui | ouii | ouais | oui merci | oui s'il vous plaît | oui svp | oui bien sûr | bien sûr | nan | non | non merci | non merci c'est gentil | non ça ira | ça ira | ça ira merci | pas besoin | pas maintenant
     plus tard | peut-être | je ne sais pas | jsp | je sais pas | exactement | voilà | voila | c'est ça | le premier | la deuxième | les deux | aucun | c'est tout | c'est tout merci | ce sera tout | rien d'autre | désolé | désolée
     désolé pour le retard | pardon | excusez-moi | erreur | erreur de destinataire | mdr | ptdr | lol | haha | je réfléchis | je vais réfléchir | je vous tiens au courant | je vous redis | je reviens vers vous | je vous recontacte | un instant
     un instant svp | une minute | attendez
     dankeee | danke danke | danke dir | danke euch | danke sehr | danke schön | dankeschön | danke vielmals | vielen dank | vielen lieben dank | tausend dank | herzlichen dank | besten dank | ganz lieben dank | danke für die info
     danke für die Hilfe | danke für Ihre Antwort | Danke für alles | danke im voraus | vielen Dank im Voraus | ok danke | okay danke | oki danke | okey dokey | okidoki | alles klar | alles klaro | alles klar danke | alles klar, dann bis morgen
     alles gut | alles gut danke | passt | passt danke | passt schon | passt perfekt | passt mir | geht klar | geht in ordnung | in ordnung | ist ok | ist gut | ist okay | verstanden | hab verstanden | habs verstanden | verstehe | ich verstehe
     ach so | achso | ach so ok | achso danke | aha | aha ok | hm | hmm ok | na gut | na dann | gut danke | sehr gut | super | super danke | super, vielen dank | prima | prima danke | klasse | toll | toll danke | spitze | perfekt | perfekt danke
     wunderbar | ausgezeichnet | genial | mega | cool | cool danke | geil | schön | sehr schön | freut mich | das freut mich | gerne | gern geschehen | bitte | bitteschön | bitte sehr | kein problem | kein ding | kein stress | keine ursache
     macht nix | macht nichts | nicht schlimm | schon gut | egal | hat sich erledigt | erledigt | schon erledigt | erhalten | erhalten danke | hab ich bekommen | moment | moment bitte | einen moment | einen Moment bitte | warten sie bitte
     sekunde | ich schaue mal | ich schau mal | mal sehen | ich überlege noch | ich melde mich | ich melde mich wieder | melde mich später | ich gebe bescheid | bis dann | bis bald | bis später | bis gleich | bis morgen | bis montag
     bis Montag um 10 | bis nächste Woche | tschüss | tschüssi | tschau | ciao | servus | pfiat di | auf wiedersehen | wiedersehen | schönen tag | schönen tag noch | schönen Abend noch | einen schönen Tag | ein schönes Wochenende | schönes we
     schöne woche | schöne feiertage | schönen sonntag | gute nacht | gute besserung | guten appetit | viel erfolg | viel glück | alles gute | alles gute zum geburtstag | herzlichen glückwunsch | frohe weihnachten | frohes neues | guten rutsch
     lg | vg | mfg | liebe grüße | viele grüße | beste grüße | grüße | hallo | hallöchen | halloo | hi | hey | moin | moin moin | mahlzeit | guten morgen | guten tag | guten abend | n'abend | grüezi | hallo zusammen | hallo liebes team
     hallo, wie geht es ihnen? | wie gehts? | wie geht's dir? | gut und selbst? | mir geht es gut | ja | jaa | jo | jup | joa | jawoll | jap | ja bitte | ja gerne | ja danke | ja klar | ja genau | genau | stimmt | richtig | korrekt | natürlich
     klar | na klar | logo | nein | neee | nö | nein danke | nein, alles gut | vielleicht | weiß nicht | keine ahnung | noch nicht | jetzt nicht | beides | keins von beiden | das erste | das zweite | das wars | das wars schon | das war alles
     sonst nichts | nichts weiter | sorry | entschuldigung | entschuldigung für die störung | tut mir leid | verzeihung | falsche nummer | falscher chat | haha | hahaha | hihi | lol | ups
     תודה | תודההה | תודה רבה | תודה רבה!! | תודה לך | תודה על הכל | תודה על העזרה | תודה על המענה | תודה על המידע | תודה מראש | המון תודה | אלף תודות | רב תודות | תודה ויום טוב | תודה ושבת שלום | תודה ולהתראות | מעריך מאוד | אוקיי | אוקי
     אוקי תודה | אוקיי תודה רבה | או קיי | או קי | בסדר | בסדר תודה | בסדר גמור | סבבה | סבבה תודה | סבבה אחי | אחלה | אחלה תודה | אחלה של שירות | מעולה | מעולה תודה | מצוין | מושלם | מושלם תודה | יופי | יופי תודה | נהדר | נפלא | מדהים | וואו
     וואוו | חמוד | איזה כיף | כיף | כיף לשמוע | שמח לשמוע | טוב לדעת | טוב | טוב תודה | טוב, תודה רבה | הבנתי | הבנתי תודה | הבנתי, תודה רבה | אה הבנתי | אה אוקיי | קיבלתי | קיבלתי תודה | התקבל | ראיתי | רשמתי | נרשם | רגע | רגע אחד | שנייה
     שניה | חכה רגע | תן לי רגע | אני בודק | אבדוק | אני אבדוק ואחזור | אחזור אליך | אחזור אליכם | אעדכן | אני אעדכן | אני אחשוב על זה | נחשוב | נדבר | נדבר מחר | נתראה | נתראה מחר | נתראה ביום ראשון | להתראות | ביי | ביי ביי | יאללה ביי | יאללה
     לילה טוב | ליל מנוחה | יום טוב | יום נעים | המשך יום נעים | המשך יום טוב | ערב טוב | ערב נעים | שבת שלום | שבוע טוב | חג שמח | חג חנוכה שמח | שנה טובה | שנה טובה ומתוקה | גמר חתימה טובה | פסח שמח | מזל טוב | יום הולדת שמח | בהצלחה
     רפואה שלמה | תרגיש טוב | בתיאבון | בעזרת השם | בעזרת ה | ברוך השם | אמן | שלום | שלום שלום | שלום לך | היי | היייי | הי | היוש | אהלן | אהלן וסהלן | בוקר טוב | בוקר אור | בוקר טוב לכולם | צהריים טובים | מה נשמע? | מה שלומך? | מה המצב?
     מה קורה אחי? | מה איתך? | איך הולך? | הכל טוב? | הכל טוב | הכל בסדר | אצלי הכל טוב | כן | כן כן | כן תודה | כן בבקשה | כןןן | לא | לא תודה | לא צריך | לא צריך תודה | אין צורך | לא משנה | עזוב | עזבי | לא נורא | לא קרה כלום | אין בעיה
     אין בעד מה | על לא דבר | בכיף | בשמחה | בטח | ברור | כמובן | נכון | בדיוק | אולי | לא יודע | לא בטוחה | עוד לא | לא עכשיו | אחר כך | הראשון | השני | שניהם | אף אחד | זהו | זהו תודה | זה הכל | זה הכול תודה | סליחה | סליחה על האיחור
     סליחה על ההפרעה | סליחה, טעות | טעיתי במספר | מצטער | מצטערת | אופס | חחח | חחחחחח | חח תודה | לול | 🙏 תודה
     شكرا | شكراً | شكرااا | شكرا جزيلا | شكرا جزيلا لك | شكرا لك | شكرا لكم | شكرا كثير | شكرا كتير | شكرا على المساعدة | شكرا على الرد | شكرا لردك | شكرا لوقتك | شكرا مقدما | ألف شكر | الف شكر لكم | كل الشكر | اشكرك | أشكركم | متشكر | متشكرين
     مشكور | مشكورة | مشكورين | يسلمو | يسلموو | تسلم | تسلمي | تسلم يا غالي | تسلم ايدك | يعطيك العافية | الله يعطيك العافية | الله يعطيكم العافية | ربي يعطيك الصحة | جزاك الله خير | جزاك الله خيرا | جزاكم الله كل خير | بارك الله فيك
     الله يبارك فيك | الله يحفظك | الله يخليك | الله يسعدك | الله يوفقك | ربنا يوفقك | حياك الله | حياكم الله | الله يحييك | تمام | تمام شكرا | تمام تمام | تمام يا باشا | اوكي | اوك | أوكي شكرا | اوكيه تمام | ok شكرا | طيب | طيب شكرا | طيب تمام
     ماشي | ماشي شكرا | حسنا | حسنا شكرا | حلو | حلو شكرا | ممتاز | ممتاز شكرا | رائع | روعة | جميل | جميل جدا | عظيم | كويس | كويس جدا | زين | زين شكرا | خوش | عال | عال العال | مية مية | فهمت | فهمت شكرا | فهمت عليك | مفهوم | واضح | وصلتني
     استلمت | تم | تم الاستلام | تم شكرا | لحظة | لحظة من فضلك | دقيقة | ثواني | استنى | خليني اشوف | راح اشوف | بشوف | بفكر | سافكر في الامر | برد عليك | ارد عليك لاحقا | بعدين | لاحقا | ان شاء الله | إن شاء الله خير | باذن الله | بإذن الله
     الحمد لله | الحمدلله بخير | ما شاء الله | سبحان الله | امين | آمين | يا رب | السلام عليكم | السلام عليكم ورحمة الله | سلام | سلام عليكم | وعليكم السلام | وعليكم السلام ورحمة الله | مرحبا | مرحباا | مرحبتين | اهلا | أهلين | اهلا بك | هلا
     هلاا | هلا والله | يا هلا | صباح الخير | صباح الورد | صباح الفل | صباح النور | مساء الخير | مساء الورد | تصبح على خير | تصبحين على خير | ليلة سعيدة | كيفك | كيفك؟ | كيف حالك؟ | كيف الحال | كيف الصحة | شلونك | شخبارك | شو اخبارك | ازيك
     عامل ايه | إزيك عامل إيه؟ | بخير | بخير الحمد لله | بخير شكرا | مع السلامة | مع السلامه | الى اللقاء | باي | باي باي | في امان الله | يوم سعيد | نهارك سعيد | جمعة مباركة | رمضان كريم | رمضان مبارك | عيد مبارك | كل عام وانتم بخير
     كل سنة وانت طيب | عيد ميلاد سعيد | مبروك | الف مبروك | بالتوفيق | سلامتك | نعم | نعم شكرا | ايوه | ايوة | اي | اه | آه | اكيد | أكيد | طبعا | بالتأكيد | صحيح | بالضبط | مضبوط | لا | لا شكرا | لأ | لا ما يحتاج | مو لازم | مش ضروري | لا داعي
     مو مشكلة | مش مشكلة | لا مشكلة | ولا يهمك | عادي | العفو | عفوا | ولو | على الرحب والسعة | ممكن | يمكن | ربما | ما ادري | مش عارف | لسه | مش دلوقتي | مو الحين | الاول | الاثنين | ولا واحد | خلاص | خلاص شكرا | خلاص تمام | هذا كل شي | بس كذا
     بس شكرا | بس هيك | اسف | آسف | اسفة | آسف على الازعاج | معلش | معليش | اعتذر | رقم غلط | الرقم غلط | بالغلط | هههه | ههههههه | هههه شكرا
     no ok | no, ok thanks | no no ok | no sorry | no, perdón | não, obrigado | no lol | no thats all | no, nothing else | no im good | no, all good | no, todo bien | não, tudo bem | nein alles gut | nein, alles klar | non c'est bon
     non, merci, c'est bon | לא, הכל טוב | לא תודה, הכל בסדר | ok שבת שלום | hola buenos días good morning | merci danke thanks | danke schön mate | 👍 ok | ok👍🏽 | Thanks😊🙏 | gracias❤️ | obrigada🌹🌹 | merci 🙏🏼🙏🏼 | danke 😘 | תודה❤️
     شكرا🌹 | 👍🏽👍🏽 thanks | 😂 ok | Ok!!!! | OK... | ok.. | ok, | Ok ? | ok? | okay? | thanks? | yes? | no? | hi? | hello?? | gracias? | 👍? | 🙏? | ❓ | ❔ | ⁉️ | 😀? | hello . | . hello | "thanks" | *thanks* | _ok_ | ~ok~ | - ok | > ok | 1.
     1) | (1) | #1 | A. | a) | B | 1️⃣ | 2️⃣ | Opción 1 | opção 2 | option A | number 2 | número 3 | numéro 2 | Nummer 2 | אפשרות 1 | خيار ٢ | ٢ | ۳ | thankyouuuu | thaaaanks | graciaaas | obrigadooo | merciiii | dankeeee | תודההההה | شكررررا
     heeey | holaaaaa | oiiiii | bonjouuur | halloooo | שלוםםם | مرحباااا | okkkkk | k | kk | K! | yesssss | nooooo | siiiii | simmmmm | ouiiii | jaaaaa | כןןןן | نعممم | hahahahahaha | jajajajajaja | kkkkkkkkkk | rsrsrsrs | ههههههههه | חחחחחחחח
     mdrrr | xddd | lolll`,
  ],
  [
    "question",
    `thanks and the price | thanks, price? | thank you for your reply but how much | ok thanks what about delivery | great so when can I come | perfect, 2 please for Friday | ok so Friday at 5 | good, I take two | nice, I want one
     sounds good, book me in | works for me, see you at 5 at your place, what's the address | perfect I will take it | great I'll take three | ok deal I'll take it | ok I want it | yes for Friday | yes at 5pm | yes but vegan
     no, the other one with cream | no I meant Saturday | not good | this is not good | not happy | very bad | terrible service | I am very disappointed | your service is so bad | the cake was not good | it was not great | it doesn't work
     still not working | that did not help | that's not helpful | not helpful | this is useless | you are useless | that is wrong | you did not answer me | nobody answers | I'm still waiting | still waiting for an answer | waiting for your reply
     awaiting your reply | any update | any news | update please | any news on my order | good for how many people | is it good | is this good | is it kind to skin | what is the best | how good is the cake | how nice is it in summer
     what service do you have | do you have good service | can you wait | could you wait a moment please for me to pay | wait for what | wait, what is the price | hold my order | hold the onions | please hold my table | one more
     one more please | one moment lamp | give me one | give me two | give me the price | give me a discount | give me the menu | let me know the price | let me know when it is ready | I will let you know if you tell me the price
     I'll check in at 5 | check in time | check out time | check price | see menu | see price list | call back number | sorry what | sorry I meant Friday | sorry, I need it for Monday | sorry but it is broken | sorry the cake was bad
     sorry for asking again but when do you open | I'm sorry, my order is late | my order is late | delivery is late | it is late | you are late | late delivery | service | support | help | help me | help please | please help | I need help
     customer support hours | job | work | I want to work with you | are you hiring | any job openings | info | more info | information | more information please | message | time | day | weekend | weekend hours | day pass | is there a plan
     plan b | price plan | the plan | news | idea for birthday | birthday cake | happy hour | happy meal | happy to pay more, can you deliver today | holiday hours | easter hours | christmas hours | christmas cake | Valentine's day menu
     mother's day cake | happy birthday cake price | happy birthday on the cake please | write happy birthday Ana on the cake | good bread | good rolls | nice cakes | beautiful cakes, price | lovely cake how much | sweet bread | sweet rolls
     super glue | super mario cake | rock salt | rock cake | kind of bread | cool bag | cool box | moment cake | to go | go | here | there | where | this | that | this one how much | it | again | all | everything | me | you | open | open now
     open today | closed today | today | tomorrow | tomorrow morning | tonight | Monday | on monday | next week | 5pm | at 5 | two | three rolls | 2x | x2 | size L | L size | red | blue one please | vegan | vegan? | gluten | ok google what time
     okra soup | hi-fi | oh no it broke | noooo it fell | wow so expensive | too expensive | expensive | cheaper | cheaper? | discount | any discount for students | student discount | can I pay by card | card | cash only | paypal | wifi
     wifi password | parking | parking? | toilet | dogs allowed | dogs ok | pets ok? | kids ok? | cash ok? | ok to bring a dog | ok to park there | fine to come at 5 | good to freeze? | ok?really how much | thx 4 the info when r u open
     ty n wat time u open | hw much | hw mch 4 1 | wen r u open | whr r u | wat time | wats the price | pls send menu | pls call | pls send location | location pls | loc | addr | address | adress pls | ur address | ur number | ur name
     your name | whats ur name | who is this | who's this | who dis | new phone | hello who is this | hi is this Acme | is anyone here | anybody there | hello anybody | hello are you there | r u there | u there | you there? | can you hear me
     do you read this | bot? | are you real | are you AI | I don't want to stop | don't stop | stop by at 5 | bus stop | full stop | I will stop by tomorrow | nonstop | when does the offer stop | stop selling gluten? | we stopped at your shop
     how to stop the subscription | I can't stop eating your cake | unsubscribe how | how do i opt out of sugar | remove the sugar | remove onions | remove me from the 5pm booking and put me at 6 | cancel | cancel order | cancel my order
     cancel my booking please
     gracias y el precio | gracias, ¿cuánto es? | gracias pero no me sirve | no me sirve | no sirve | no está bueno | no estuvo bien | mal servicio | pésimo servicio | muy mala atención | muy malo | la torta estaba fea | qué malo
     bueno, quiero dos | bueno y el domingo | buenos precios | buen precio? | bueno para cuántas personas | qué rico, cuánto cuesta | que tan bueno es | está bien para 10 personas | perfecto, quiero una | perfecto lo quiero | dale, mándame dos
     dale reserva | sale con queso | va con queso | va incluido el envío | sale hoy | listo para hoy | ya está listo mi pedido | ya está mi pedido | mi pedido no llegó | no llegó | no ha llegado | sigo esperando | estoy esperando
     espero respuesta | espero su respuesta | quedo en espera de su respuesta sobre el precio | necesito ayuda | ayuda | ayúdeme | me ayudan | me puede ayudar | me ayuda con una duda | tengo una duda | una duda | una consulta | consulta
     una pregunta | quiero información | información | info | info por favor | más info | horario | horarios | precio | precios | menú | carta | ubicación | dirección | dónde | cuándo | cuánto | domicilio | envío | hacen envíos | aceptan tarjeta
     sin gluten | sin azúcar | con leche | para dos | a las 5 | mañana a las 5 | mañana | hoy | el lunes | el domingo abren | lunes abierto | feriado abren | feliz cumpleaños en la torta por favor | torta de cumpleaños | regalo día de la madre
     disculpe, tiene pan | disculpa, a qué hora abren | perdón, cuánto era | perdón pero está mal | un momento y cuánto cuesta | dame un pan | dame dos | dame precio | deme información | solo una | una más | uno | la roja | con todo | todo
     todos los días | todo el día | fin de semana | servicio a domicilio | servicio | atención | horario de atención | no quiero parar el pedido | la parada del bus | para hoy | para mañana | para | baja en azúcar | planta baja | baja el precio
     cancelar | cancelar pedido
     obrigado e o preço | obrigada, quanto custa? | obrigado mas não serve | não gostei | não foi bom | péssimo | péssimo atendimento | atendimento ruim | muito ruim | veio errado | veio frio | bom, quero dois | boa noite quanto é
     bom dia tem pão | boa tarde gostaria de saber o preço | bom para quantas pessoas | qual o melhor | show de bola, quero um | top, manda dois | fechado, pode mandar | fechado no domingo | combinado às 5? qual endereço | quero dois | quero pão
     pode mandar | pode ser às 5 | pode me ajudar | me ajuda | ajuda | preciso de ajuda | tenho uma dúvida | uma dúvida | dúvida | informações | info | mais informações | horário | preço | cardápio | endereço | onde fica | quando abre | quanto
     entrega | fazem entrega | aceita pix | pix | cartão | sem glúten | sem açúcar | para dois | às 5 | amanhã às 5 | amanhã | hoje | segunda | domingo abre | no feriado abre | feriado | bolo de aniversário | feliz aniversário no bolo
     desculpe, vocês têm pão | desculpa, que horas | um momento, qual o preço | só um | mais um | me vê dois | tudo | todos os dias | fim de semana | atendimento até que horas | horário de atendimento | serviço | não recebi | ainda não recebi
     não chegou | cadê | cadê meu pedido | estou esperando | aguardando | aguardo retorno | aguardo resposta | para de cobrar | parada de ônibus | parar o pedido | sair de casa às 5 | sair do forno | que horas vai sair | cancelar
     cancelar pedido | e ai qual o preço | fala o preço | fala inglês | salve o número
     merci et le prix | merci, c'est combien ? | merci mais non ça marche pas | ça ne marche pas | pas bon | ce n'est pas bon | pas top | nul | service nul | c'est nul | très mauvais | le gâteau était mauvais | bon de commande | bon cadeau
     bon, j'en veux deux | bonjour vous avez du pain | bonsoir c'est ouvert | parfait j'en prends deux | parfait je le prends | super je prends | ok pour vendredi | d'accord pour 17h | c'est bon pour vendredi | c'est bon le pain
     ça va être prêt quand | quelle heure | une minute de cuisson | un | une | deux | le rouge | la grande | avec | sans gluten | sans sucre | pour deux | à 17h | demain | demain matin | aujourd'hui | lundi | dimanche ouvert | jours fériés
     gâteau d'anniversaire | joyeux anniversaire sur le gâteau svp | fête des mères menu | désolé, vous êtes où | pardon c'est combien | excusez-moi vous livrez | excusez-moi, une question | une question | question | aide | aidez-moi
     besoin d'aide | j'ai besoin d'aide | infos | plus d'infos | renseignement | horaires | prix | menu | carte | adresse | où | quand | combien | livraison | vous livrez | carte bleue | le service | service après-vente | toute la journée
     tous les jours | le weekend | fin de semaine | pas reçu | je n'ai rien reçu | rien reçu | toujours pas | j'attends | j'attends toujours | en attente de réponse | erreur de commande | erreur sur la facture | il y a une erreur
     l'arrêt de bus | arrêt de bus | annuler | annuler ma commande | plus de messages de promo sur ma commande | plus de pain | plus de sel
     danke und der preis | danke, was kostet es? | danke aber geht nicht | geht nicht | nicht gut | war nicht gut | schlecht | schlechter service | sehr schlecht | das war schlecht | gut, ich nehme zwei | gut dann zwei | gute frage | gutes brot
     guter preis? | guten tag haben sie brot | schöne torten | schöne torte was kostet | schon fertig | schon offen | ist es schon fertig | schon da | schon verschickt | super, ich nehme es | perfekt, bitte zwei | passt freitag | passt 17 uhr
     ok freitag | ja freitag | ja um 5 | nein das andere | ich möchte zwei | ich brauche hilfe | hilfe | helfen sie mir | bitte helfen | bitte um hilfe | bitte um info | info | infos | mehr infos | öffnungszeiten | preis | preise | menü | karte
     adresse | wo | wann | wie viel | lieferung | liefert ihr | kartenzahlung | ohne gluten | ohne zucker | für zwei | um 5 | morgen um 5 | morgen früh | heute | heute offen | montag | sonntag offen | feiertag offen | feiertage
     geburtstagstorte | torte zum geburtstag | alles gute zum geburtstag auf die torte bitte | entschuldigung, habt ihr brot | sorry wann | moment, was kostet das | eine | eins | zwei | noch eine | noch ein | noch eins bitte | alles | das
     den roten | mit allem | der service | arbeit | job | antwort | bitte antworten | antwort bitte | warte noch | warte auf antwort | ich warte immer noch | ich warte | wir warten | nichts bekommen | noch nichts | nicht da | nicht angekommen
     haltestelle | stopp der lieferung | stoppt das | abmelden vom kurs | mich vom kurs abmelden | stornieren | bestellung stornieren | schreibt mir den preis | keine nachrichten mehr bekommen, was ist los | ist gut durchgebacken
     ist in ordnung mit karte
     תודה ומה המחיר | תודה, כמה זה? | תודה אבל לא | לא טוב | לא היה טוב | שירות גרוע | גרוע | טוב, אני רוצה שתיים | מעולה, תשריינו לי | אחלה, אז ביום שישי | אוקיי לשישי | כן לשישי | כן בשעה 5 | לא, השני עם קצפת | רגע, כמה זה | סליחה, יש לכם לחם
     סליחה מתי אתם פתוחים | עזרה | צריך עזרה | תעזרו לי | אפשר עזרה | מידע | עוד מידע | שעות פתיחה | מחיר | תפריט | כתובת | איפה | מתי | כמה | משלוח | יש משלוחים | אשראי | בלי גלוטן | בלי סוכר | לשניים | ב-5 | מחר ב-5 | מחר | היום | יום ראשון
     שבת פתוח | בשבת | בחג | עוגת יום הולדת | עוד אחת | אחת | שתיים | הכל | השירות | לא הגיע | עדיין לא הגיע | אני מחכה | מחכה לתשובה | עוד לא קיבלתי | לבטל | לבטל הזמנה | תחנת אוטובוס | להסיר את הבצל | תסירו את הבצל
     شكرا وكم السعر | شكرا، كم السعر؟ | شكرا بس ما ينفع | مو زين | مش كويس | مو حلو | سيء | خدمة سيئة | سيء جدا | الكيك مو زين | حلو، ابي اثنين | تمام احجز لي | تمام يوم الجمعة | طيب الجمعة | ايوه الساعة 5 | لا، الثاني بالكريمة | لحظة، كم السعر
     عفوا، عندكم خبز | آسف متى تفتحون | مساعدة | محتاج مساعدة | ساعدني | ساعدوني | معلومات | مزيد من المعلومات | ساعات العمل | السعر | المنيو | العنوان | وين | متى | كم | توصيل | عندكم توصيل | بطاقة | بدون جلوتين | بدون سكر | لشخصين | الساعة 5
     بكرة الساعة 5 | بكرة | اليوم | الاحد | الجمعة مفتوح | في العيد | يوم العيد فاتحين | كيكة عيد ميلاد | واحدة | وحدة ثانية | اثنين | كل شي | الخدمة | ما وصل | ما وصلني شي | لسه ما وصل | انتظركم | انتظر الرد | الغاء الطلب | محطة الباص
     الله يخليك كم السعر | الله يخليك ابي رقم | الله يعطيك العافية متى تفتحون | السلام عليكم كم السعر | صباح الخير عندكم خبز | وانت كم سعرك
     não entendi | nao entendi nada | no entiendo | no entendí | no comprendo | no vale | no está claro | no claro | no me gusta | não gostei | não ficou bom | não é legal | no good | no bueno | not ok | not fine | not perfect | not great
     not sure what you mean | I don't understand | I dont get it | nicht verstanden | nicht gut | nicht ok | nein nicht gut | nein, falsch | je ne comprends pas | pas compris | pas bien | pas content | non pas bon | לא הבנתי | לא מובן | לא בסדר
     לא טוב | לא נכון | לא קיבלתי | לא מתאים | ما فهمت | لم افهم | لا افهم | مش فاهم | مو تمام | مش تمام | مش صح | لا مو كذا | not correct | no correct | that's not right | not true | no es correcto | não certo | não está certo | nicht richtig
     pas correct`,
  ],
  [
    "stop",
    `STOP!!! | stop 🛑🛑 | Stop it now | please stop now | STOP PLS | unsubscribe now | un-subscribe | opt me out please | take me off your list please | no more texts | stop these messages | stop sending these | stop with the messages
     do not send me anything | don't send me messages | do not text me again | baja por favor | dar de baja por favor | no más mensajes por favor | sair por favor | quero sair da lista | parem | pare por favor | stop svp | désabonnez-moi svp
     arrêtez | stopp bitte | keine Nachrichten | bitte keine werbung mehr | abbestellen bitte | הסר אותי | הסירו אותי בבקשה | תפסיקו בבקשה | די כבר | توقف من فضلك | ايقاف | لا ترسل | الغاء الاشتراك من فضلك`,
  ],
  [
    "person",
    `i want 2 talk 2 a human | human pls | humannn | need human asap | real human plz | can i speak w/ someone | agentt | operatorr | customer servicee | get me your boss | I want to complain to a manager | let me speak with the owner
     put me in touch with a person | someone please call me | call me | please call me back | talk to someone please | any human there? | is a human there? | is there any human here | bot go away, give me a person | not a bot please, a human
     thanks but I want a human | ok but human please | hola quiero hablar con alguien por favor | algún humano? | hay un humano | persona por favor | un asesor por favor | que me llamen | llámenme por favor | me pueden llamar
     tem algum humano aí? | pode me ligar | me liga | atendentee | humano pf | un humain svp | rappelez-moi | pouvez-vous m'appeler | einen menschen | echter mensch bitte | rufen sie mich an | bitte rückruf | נציג אנושי בבקשה | תתקשרו אליי
     נציגגג | موظف من فضلك | اتصلوا بي | كلموني
     any human there? | is a human there? | is there any human here | hay un humano | tem algum humano aí? | pouvez-vous m'appeler | please call me back | call me pls | give me a call please | put me in touch with a person
     let me speak with the owner | I want to complain to a manager | get me your boss | kann ich den Chef sprechen | quiero hablar con el dueño | quiero hablar con el jefe | quero falar com o dono | je veux parler au patron
     je voudrais parler au gérant | אפשר לדבר עם הבעלים | اريد التحدث مع المدير | ok but human please | thanks but a human please | HUMANNNN | agenttt please | ich will mit eurem Chef sprechen`,
  ],
  [
    "no person",
    `Dona Maria, fala o preço | the owner told me it is free | who is the owner | is the owner Italian | are you human | are you a human being | is this a human | is it human food | is there a human resources department | human hair wigs
     is there parking here | is there someone at the shop on Sunday | how many people are there | a person is waiting there | I call my dog Rex | call me Maria | you can call me Ana | they call me at night | don't call me | do not call me please
     please do not call me back | no me llamen | não me liga | não me ligue | ne m'appelez pas | rufen sie mich nicht an | אל תתקשרו אליי | لا تتصلوا بي | who called me | why did you call me | you called me | I have a call at 5
     video call price | call center job | do you sell phones | chef salad | chef special today | patron tequila | the boss burger | boss perfume price | jefe burger | cerveza patrón | gerente de loja vaga | vaga de atendente | vaga para operador
     trabajo de operador | busco trabajo como asesor | agent 007 costume | insurance agent jobs | support bra | support group hours | team dinner for 10 | team building price | contact lens price | I need contact lenses | contact paper
     touch screen repair | can you fix my phone touch | complain about noise where | transfer to the airport | airport transfer for one person | taxi transfer for 2 people | connect wifi | how to connect to wifi | chat | chat bot | no chat
     I talked to someone yesterday and they said yes | someone told me you have rolls | somebody ate my cake | a real person ate it | per persona | precio por persona | una persona | 1 persona | una pessoa | uma pessoa | preço por pessoa
     pour une personne | une personne | eine Person | für eine Person | אדם אחד | לאדם אחד | شخص واحد | لشخص | في موظفين عندكم كم | كم موظف عندكم | מנהל חשבונות | משרה מנהל | مدير مبيعات وظيفة`,
  ],
  [
    // They tell what was done or happens: somebody may have to do something about it.
    "question",
    `paid | I'm outside | I have arrived | ya pagué | ya llegué | já paguei | cheguei | je suis arrivé | c'est payé | bezahlt | bin da | שילמתי | הגעתי | دفعت | وصلت
     r u there | are you there? | any update | Hallo Preise | Danke Freitag | Hi Menu`,
  ],
] as const)("is %s", (kind, written) => {
  const texts = written.split(/[\n|]/u).map((text) => text.trim());
  const others = texts.flatMap((text) => (text === "" || isRight(kind, readCourtesy(text)) ? [] : [`${text}: ${readCourtesy(text)}`]));
  expect(others).toEqual([]);
});
