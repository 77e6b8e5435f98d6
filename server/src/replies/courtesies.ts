// Owns: what a message says when it asks for nothing: greetings, thanks, acknowledgements, a lone yes or number, a wish to get no more messages; and
// the wish for a person. In every language of the product, whatever case, accents, punctuation and emoji. Pure, and linear in the text.

/** What a message is, by its words alone. */
export type Said = "greeting" | "thanks" | "answer" | "stop" | "person" | "nothing" | "question";

const list = (text: string): readonly string[] => text.split(",").map((phrase) => normalize(phrase));

/** Letters and digits only, without accents, in lower case; what is drawn out ("okkkk", "thaaanks") as it is meant. */
function normalize(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/(\p{L})\1{2,}/gu, "$1")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

// Whole phrases; the longest that fits is taken first. English, Spanish, Portuguese, French, German, Hebrew, Arabic.
const GREETINGS = list(
  "hi,hello,hey,hey there,hi there,hello there,hiya,howdy,greetings,good morning,good afternoon,good evening,good day,good night,morning,evening," +
    "how are you,how are you doing,how are you today,how is it going,whats up,what s up,sup,yo," +
    "hola,buenas,buenos dias,buen dia,buenas tardes,buenas noches,que tal,como estas,como esta,saludos," +
    "oi,ola,oie,opa,eai,e ai,bom dia,boa tarde,boa noite,tudo bem,tudo bom,como vai,tudo bem com voce," +
    "bonjour,bonsoir,salut,coucou,bonne journee,ca va,comment ca va,comment allez vous," +
    "hallo,guten morgen,guten tag,guten abend,gute nacht,moin,servus,gruss gott,grus gott,wie geht s,wie gehts,wie geht es ihnen," +
    "שלום,היי,הי,אהלן,בוקר טוב,צהריים טובים,ערב טוב,לילה טוב,מה נשמע,מה קורה,מה שלומך,שלום לכם,שבת שלום," +
    "مرحبا,اهلا,اهلا وسهلا,السلام عليكم,سلام,سلام عليكم,وعليكم السلام,صباح الخير,صباح النور,مساء الخير,مساء النور,كيف حالك,كيف الحال,هاي",
);

const THANKS = list(
  "thanks,thank you,thank you very much,thanks a lot,many thanks,thank u,thanks so much,thank you so much,thx,tks,ty,tysm,cheers,much appreciated,appreciate it," +
    "ok,okay,okey,oki,okie,okeydokey,k,kk,alright,all right,all good,right,got it,gotcha,understood,i see,noted,sure,sure thing,fine,great,perfect,good,very good," +
    "cool,nice,super,awesome,excellent,amazing,wonderful,lovely,sounds good,that helps,very helpful,no problem,no worries,you too,same to you,will do,done," +
    "bye,bye bye,goodbye,good bye,see you,see you later,see you soon,see ya,later,take care,have a nice day,have a good day,have a great day,talk soon," +
    "please,for your help,for everything,por la ayuda,por todo,por tu ayuda,por su ayuda,pela atencao,por tudo,pela resposta,pour votre aide,pour tout,fur die hilfe,fur ihre hilfe,fur alles,על העזרה,על הכל,for the help,for the info,for the information,for your time,so much,very much,a lot,again,everything,that,that s all,thats all,nothing else," +
    "haha,hahaha,lol,wow,oh,ah,aha,hmm,hm,mm,um,well,welcome,you re welcome,youre welcome," +
    "gracias,muchas gracias,mil gracias,muchisimas gracias,gracias por todo,gracias por la ayuda,vale,de acuerdo,entendido,listo,perfecto,genial,muy bien,bien," +
    "estupendo,buenisimo,claro,ya,dale,bueno,adios,hasta luego,hasta pronto,hasta manana,chao,chau,igualmente,muy amable,por favor,de nada,jaja,jajaja," +
    "obrigado,obrigada,muito obrigado,muito obrigada,obg,brigado,brigada,valeu,vlw,grato,grata,agradeco,agradecida,agradecido,certo,ta,ta bom,ta certo,esta bem,beleza,blz," +
    "entendi,entendido,show,otimo,perfeito,legal,maravilha,massa,tchau,ate logo,ate mais,ate amanha,abraco,abracos,igualmente,por favor,pela ajuda,de nada,joia,kkk,rsrs," +
    "merci,merci beaucoup,merci bien,d accord,dac,entendu,compris,parfait,tres bien,bien recu,genial,top,super,au revoir,a bientot,bonne soiree,s il vous plait,svp,de rien," +
    "danke,danke schon,danke schoen,vielen dank,danke sehr,dankeschon,dankeschoen,alles klar,in ordnung,verstanden,gut,sehr gut,prima,perfekt,klasse,tschuss,tschuess," +
    "auf wiedersehen,bis dann,bis bald,schonen tag,schonen tag noch,gerne,bitte,gern geschehen,passt," +
    "תודה,תודה רבה,המון תודה,רב תודות,תודה לכם,אוקיי,אוקי,בסדר,בסדר גמור,הבנתי,מעולה,מצוין,אחלה,סבבה,יופי,מושלם,טוב,ביי,להתראות,יום טוב,יום נעים,בבקשה,חחח,חח," +
    "شكرا,شكرا جزيلا,شكرا لك,شكرا لكم,تسلم,يسلمو,مشكور,ممنون,تمام,حسنا,اوكي,اوك,طيب,ماشي,ممتاز,رائع,جيد,مفهوم,فهمت,مع السلامة,باي,الى اللقاء,من فضلك,لو سمحت,عفوا,ههه",
);

/** They answer what was asked, and ask for nothing. */
const ANSWERS = list(
  "yes,yep,yeah,yea,yup,ya,y,no,nope,nah,n,not really,maybe,correct,exactly,of course,yes please,no thanks,no thank you," +
    "si,sip,claro que si,no gracias,quizas,tal vez,exacto,correcto,sim,s,nao,nao obrigado,nao obrigada,talvez,isso,isso mesmo,com certeza," +
    "oui,non,non merci,peut etre,bien sur,exactement,ja,jo,nein,nein danke,vielleicht,genau,naturlich,doch," +
    "כן,לא,אולי,לא תודה,כן בבקשה,בטח,נכון,بالطبع,نعم,ايوه,اي,اه,لا,لا شكرا,ربما,اكيد,صحيح",
);

/** Alone. What becomes of it is not decided here; it is no reason to fetch a person. */
const STOPS = list(
  "stop,stop all,stop it,unsubscribe,opt out,optout,stop promotions,stop messages,stop messaging me,remove me,no more messages," +
    "baja,darme de baja,dar de baja,dame de baja,parar,alto,cancelar suscripcion,no mas mensajes," +
    "sair,pare,descadastrar,descadastre,cancelar inscricao,remover,me remova,nao quero mais receber,nao quero receber mensagens," +
    "arret,arreter,arretez,desabonner,desinscription,me desabonner,desinscrire," +
    "stopp,abmelden,abbestellen,austragen,keine nachrichten mehr," +
    "הסר,הסרה,הסירו,הסירו אותי,תסירו אותי,להסיר,הפסק,הפסיקו,תפסיקו,עצור," +
    "توقف,ايقاف,الغاء الاشتراك,الغاء,اوقف,الغ الاشتراك",
);

const setOf = (phrases: readonly string[]): ReadonlySet<string> => new Set(phrases);
const KINDS: readonly (readonly [Exclude<Said, "person" | "nothing" | "question">, ReadonlySet<string>])[] = [
  ["stop", setOf(STOPS)],
  ["greeting", setOf(GREETINGS)],
  ["answer", setOf(ANSWERS)],
  ["thanks", setOf(THANKS)],
];
const LONGEST = 6;
/** Longer messages say more than a courtesy. */
const MOST_WORDS = 14;
const NUMBER = /^\p{N}{1,3}$/u;
/** Emoji with their joiners, flags and digits' frames; punctuation; blanks. */
const SAYS_NOTHING = /^[^\p{L}\p{N}]*$/u;

function kindOf(phrase: string): (typeof KINDS)[number][0] | undefined {
  if (NUMBER.test(phrase)) return "answer";
  return KINDS.find(([, phrases]) => phrases.has(phrase))?.[0];
}

/** The kinds of the phrases that the words are made of; undefined: of more than phrases. */
function phrasesOf(words: readonly string[]): ReadonlySet<Said> | undefined {
  const kinds = new Set<Said>();
  for (let from = 0; from < words.length;) {
    let taken = 0;
    for (let length = Math.min(LONGEST, words.length - from); length > 0 && taken === 0; length -= 1) {
      const kind = kindOf(words.slice(from, from + length).join(" "));
      if (kind === undefined) continue;
      kinds.add(kind);
      taken = length;
    }
    if (taken === 0) return undefined;
    from += taken;
  }
  return kinds;
}

// A verb of speaking and a person within a few words, in either order, in one language.
const PEOPLE: readonly (readonly [verbs: string, people: string])[] = [
  [
    "speak|talk|chat|connect|transfer|contact|reach|call",
    "human|humans|person|people|someone|somebody|agent|agents|representative|rep|operator|manager|employee|staff|advisor|consultant",
  ],
  [
    "hablar|comunicarme|comunicame|comunicar|contactar|pasame|pasarme|transferirme|conectame|atienda|atender|hable",
    "persona|personas|humano|humana|agente|asesor|asesora|operador|operadora|alguien|representante|encargado|encargada|empleado",
  ],
  [
    "falar|conversar|transferir|transfira|passar|passe|contatar|atendido|atendida|atenda",
    "pessoa|pessoas|humano|humana|atendente|alguem|agente|operador|operadora|representante|gerente|funcionario",
  ],
  [
    "parler|discuter|joindre|contacter|passer|passez|echanger",
    "humain|humaine|personne|agent|conseiller|conseillere|quelqu un|operateur|operatrice|responsable|representant",
  ],
  [
    "sprechen|reden|verbinden|verbinde|kontaktieren|chatten",
    "mensch|menschen|mitarbeiter|mitarbeiterin|person|agent|jemand|jemandem|jemanden|berater|beraterin",
  ],
  ["לדבר|לשוחח|תעבירו|תעביר|להעביר|חברו|רוצה|צריך|צריכה|אפשר|אשמח", "נציג|נציגה|נציגת|בן אדם|אדם|מישהו|אנושי|נציג אנושי|מנהל"],
  ["التحدث|اتحدث|اتكلم|التكلم|تحويلي|حولني|اريد|ابغى|عايز|التواصل", "شخص|موظف|موظفه|موظفة|انسان|ممثل|وكيل|بشري|مندوب|احد"],
];
const PERSON_ALONE = list(
  "human,a human,real human,agent,an agent,live agent,human agent,real person,a real person,person,representative,a representative,operator,customer service,customer support," +
    "live chat,persona,una persona,persona real,un humano,humano,agente,un agente,asesor,un asesor,operador,atendente,um atendente,uma pessoa,pessoa,humana,um humano," +
    "atendimento humano,humain,un humain,un conseiller,conseiller,operateur,mensch,ein mensch,mitarbeiter,einen mitarbeiter,kundenservice," +
    "נציג,נציגה,נציג אנושי,בן אדם,נציג שירות,שירות לקוחות,موظف,شخص حقيقي,انسان,خدمة العملاء,ممثل",
);
const ASKED_ALONE = setOf(PERSON_ALONE);
const POLITE = setOf(
  list("please,pls,now,por favor,porfa,ya,agora,ahora,s il vous plait,svp,bitte,jetzt,בבקשה,עכשיו,من فضلك,لو سمحت,الان"),
);
/** "Not a human" of a bot, "human resources", "travel agent": words that make another thing of it. */
const OTHER_THING = /\b(?:human resources|recursos humanos|ressources humaines|travel agent|estate agent|estate agents|travel agents)\b/;
const WINDOW = 7;
/** Of a long message only so much is looked through for such a wish. */
const LOOKED_THROUGH = 200;
const COMPILED = PEOPLE.map(
  ([verbs, people]) => [setOf(list(verbs.replaceAll("|", ","))), setOf(list(people.replaceAll("|", ",")))] as const,
);

function wantsPerson(words: readonly string[], plain: string): boolean {
  const bare = words.filter((word) => !POLITE.has(word)).join(" ");
  if (ASKED_ALONE.has(bare)) return true;
  if (OTHER_THING.test(plain)) return false;
  const said = words.slice(0, LOOKED_THROUGH);
  return COMPILED.some(([verbs, people]) =>
    said.some((word, at) => {
      if (!verbs.has(word)) return false;
      const near = said.slice(Math.max(0, at - WINDOW), at + WINDOW + 1);
      return near.some((other, index) => people.has(other) || people.has(`${other} ${near[index + 1] ?? ""}`));
    }),
  );
}

/** What a customer's words are. `question` is everything that is not known to be something else. */
export function readCourtesy(text: string): Said {
  if (SAYS_NOTHING.test(text)) return "nothing";
  const plain = normalize(text.slice(0, 4_000));
  const words = plain.split(" ").filter((word) => word !== "");
  if (words.length <= MOST_WORDS) {
    const kinds = phrasesOf(words);
    // "Hi" and "thanks" beside a "stop" change nothing about it; the warmest of the others names the whole.
    const first = kinds === undefined ? undefined : (["stop", "greeting", "thanks", "answer"] as const).find((kind) => kinds.has(kind));
    if (first !== undefined) return first;
  }
  return wantsPerson(words, plain) ? "person" : "question";
}

const QUESTION_MARK = /[?؟？]/;
const SENTENCE = /[^.!?؟？。\n]+[.!?؟？。]*/gu;
const ASKING = setOf(
  list(
    "what,when,where,who,why,how,which,is,are,do,does,can,could,will,would,may,should,have,has," +
      "que,cuando,donde,quien,como,cuanto,cuantos,cuanta,cual,hay,tienen,puedo,pueden," +
      "quando,onde,quem,quanto,quantos,qual,quais,tem,voces,posso,podem," +
      "quand,ou,qui,pourquoi,comment,combien,quel,quelle,est,avez,puis,peut," +
      "was,wann,wo,wer,warum,wie,welche,welcher,welches,ist,sind,haben,hat,kann,konnen,gibt," +
      "מה,מתי,איפה,מי,למה,איך,כמה,האם,יש,אפשר,ما,متى,اين,من,لماذا,كيف,كم,هل",
  ),
);
const MOST_QUESTIONS = 4;

/** The questions of a text, each for itself: its sentences that ask. Empty when none says so itself. At most four. */
export function questionsOf(text: string): readonly string[] {
  const asking: string[] = [];
  for (const [sentence] of text.slice(0, 4_000).matchAll(SENTENCE)) {
    const trimmed = sentence.trim();
    if (trimmed === "" || readCourtesy(trimmed) !== "question") continue;
    if (QUESTION_MARK.test(trimmed) || ASKING.has(normalize(trimmed).split(" ")[0] ?? "")) asking.push(trimmed);
    if (asking.length === MOST_QUESTIONS) break;
  }
  return asking;
}

/** Whether our own last words asked for something, so that a short answer to them means something. */
export function asksSomething(text: string): boolean {
  return QUESTION_MARK.test(text);
}
