// Owns: the phrases that courtesies are made of, in every language of the product: English, Spanish, Portuguese, French, German, Hebrew, Arabic.
// Refuses to know: how they are put together (courtesies.ts).
import { MORE_ANSWERS, MORE_GREETINGS, MORE_STOPS, TURNS } from "./courtesy-turns.ts";
import { setOf } from "./plain-words.ts";

export const GREETINGS = setOf(
  `${MORE_GREETINGS},` +
    "merry christmas,happy new year,happy holidays,happy easter,happy birthday,happy friday,feliz navidad,feliz ano nuevo,feliz ano,felices fiestas,feliz ano novo,feliz natal,boas festas,joyeux noel,bonne annee,joyeuses fetes,frohe weihnachten,frohes neues jahr,gutes neues jahr,frohes neues,frohe ostern,frohe festtage,שנה טובה,חג פסח שמח,ramadan kareem,ramadan mubarak,eid mubarak,عيد مبارك,رمضان كريم,كل عام وانتم بخير,salam,salam alaikum,salam aleikum,assalamu alaikum,shalom,namaste,gud morning,muy buenas,tach,gruss dich,gruss euch,hi again,هلا والله,يا هلا," +
    "hi,hello,hey,hey there,hi there,hello there,hiya,howdy,greetings,good morning,good afternoon,good evening,good day,good night,morning,evening,helo,gm,gn," +
    "how are you,how are you doing,how are you today,how are you doing today,how is it going,hows it going,how do you do,whats up,sup,yo,hope you are well,i hope you are well," +
    "hope you are doing well,hope all is well,nice to meet you," +
    "hola,buenas,buenos dias,buen dia,buenas tardes,buenas noches,que tal,como estas,como esta,como estan,como esta usted,como va,que onda,saludos," +
    "oi,ola,oie,opa,eai,e ai,bom dia,boa tarde,boa noite,tudo bem,tudo bom,tudo certo,tudo joia,como vai,tudo bem com voce,tudo bem com voces,tudo bem por ai," +
    "bonjour,bonsoir,salut,coucou,ca va,comment ca va,comment allez vous,comment vas tu,rebonjour," +
    "hallo,hallochen,guten morgen,guten tag,guten abend,gute nacht,moin,servus,gruss gott,grus gott,gruezi,wie gehts,wie geht es ihnen,wie geht es dir,na," +
    "שלום,היי,הי,אהלן,בוקר טוב,בוקר אור,צהריים טובים,ערב טוב,לילה טוב,שבוע טוב,מה נשמע,מה קורה,מה שלומך,מה שלומכם,מה העניינים,שלום לכם,שלום רב,שלום וברכה,שבת שלום,חג שמח," +
    "مرحبا,اهلا,اهلا وسهلا,اهلين,السلام عليكم,سلام,سلام عليكم,وعليكم السلام,ورحمة الله,ورحمة الله وبركاته,صباح الخير,صباح النور,مساء الخير,مساء النور,كيف حالك,كيف حالكم,كيف الحال,شلونك,هاي,هلا",
);

const WISHES = "nice,good,great,lovely,wonderful,blessed,fantastic,pleasant,awesome,amazing"
  .split(",")
  .flatMap((how) =>
    ["day", "evening", "night", "weekend", "week", "afternoon", "morning", "one", "time", "trip", "holiday", "rest of your day"].map(
      (what) => `have a ${how} ${what}`,
    ),
  )
  .join(",");

export const THANKS = setOf(
  `${WISHES},${TURNS},` +
    "tyvm,oops,ops,aw,yay,hurray,phew,great job,love it,i love it,i like it,the best,so kind,very kind,kind of you,very kind of you,never mind,nevermind,nvm,no rush,take your time,no hurry,hope so,i hope so,on my way,wrong number,my mistake,found it,ill let you know,i will let you know,let me think,let me think about it,ill think about it,i will think about it,i will wait,ill wait,ill be there,i will be there,ill come,will come tomorrow,ill be back,ill check,let me check,will check,will keep you posted,te agradezco,le agradezco,les agradezco,que bueno,que bien,que lindo,excelente,me encanta,les aviso,te aviso,yo les aviso,cualquier cosa les aviso,cualquier cosa te aviso,lo pienso,lo voy a pensar,luego te escribo,luego les escribo,me equivoque,perdon,disculpa,disculpe,numero equivocado,gratidao,muito bom,que bom,que otimo,amei,adorei,excelente,vou pensar,eu aviso,qualquer coisa eu aviso,te aviso,desculpa,desculpe,foi engano,numero errado,c est gentil,tres gentil,gentil,bonne continuation,merci infiniment,desole,desolee,erreur de numero,mauvais numero,je vais reflechir,je reviens vers vous,sehr nett,das ist nett,das ist lieb,das ist super,alles gut,mach ich,passt so,ich uberlege es mir,ich uberlege mir das,ich melde mich,entschuldigung,sorry,falsche nummer,מצויין,וואו,יאללה,יאללה ביי,בשמחה,סליחה,טעות,טעות במספר,אחשוב על זה,נחמד,تمام التمام,حاضر,لا داعي,اوكيه,حلو,جميل,اسف,رقم غلط,سافكر," +
    "thanks,thank you,thank you very much,thanks a lot,thanks a million,many thanks,thank u,thanks so much,thank you so much,thank you all,thx,thanx,thnx,tnx,tks,ty,tysm,cheers," +
    "much appreciated,appreciate it,i appreciate it,really appreciate it,appreciated,god bless,god bless you,bless you," +
    "ok,okay,okey,oki,oki doki,okie,okie dokie,okeydokey,k,kk,alright,all right,all good,all set,right,got it,gotcha,understood,i understand,i see,noted,noted with thanks,sure,sure thing,fine,great,perfect,good," +
    "very good,good to know,good to hear,cool,nice,nice one,super,awesome,excellent,amazing,wonderful,lovely,brilliant,fantastic,fair enough,sounds good,sounds great,that helps,very helpful,no problem," +
    "no worries,np,you too,you as well,same to you,likewise,will do,done,roger,really,makes sense,my pleasure,good job,well done,congratulations,sorry,my bad," +
    "bye,bye bye,goodbye,good bye,see ya,cya,later,take care,have a good one,talk soon,talk to you later,ttyl,speak soon,regards,kind regards,best regards," +
    "lol,lmao,rofl,omg,wow,oh wow,oh,ah,aha,hmm,hm,mm,umm,uhm,well,welcome,you are welcome,youre welcome,ur welcome," +
    "that s all,thats all,that is all,thats it,that is it,nothing else,nothing more,thats everything,that is everything,that will be all,that would be all,im good,im fine,i am fine,i am good," +
    "gracias,muchas gracias,mil gracias,muchisimas gracias,muchas gracias por todo,vale,okis,de acuerdo,entendido,comprendo,listo,perfecto,genial,muy bien,bien,esta bien,no hay problema,sin problema," +
    "estupendo,buenisimo,claro,ya,dale,bueno,adios,hasta luego,hasta pronto,hasta manana,chao,chau,igualmente,muy amable,muy agradecido,muy agradecida,de nada,con gusto,un placer," +
    "eso es todo,es todo,nada mas,buen fin de semana,buen finde,feliz dia,dios te bendiga,dios lo bendiga,bendiciones,saludos cordiales," +
    "obrigado,obrigada,muito obrigado,muito obrigada,obg,obgd,brigado,brigada,brigadao,valeu,vlw,grato,grata,agradeco,agradecida,agradecido,certo,ta,ta bom,ta certo,ta otimo,esta bem,tudo bem,beleza,blz,fechado,combinado," +
    "entendi,show,show de bola,otimo,perfeito,legal,maravilha,massa,top,tchau,ate logo,ate mais,ate amanha,ate breve,abraco,abracos,de nada,imagina,joia,sem problema,sem problemas," +
    "so isso,era so isso,e so isso,nada mais,bom fim de semana,bom final de semana,otimo dia,deus abencoe,deus te abencoe,fique com deus,amem," +
    "merci,merci beaucoup,merci bcp,merci bien,mille mercis,d accord,dac,dacc,entendu,compris,parfait,tres bien,bien recu,bien note,c est note,c est bon,c est parfait,ca marche,ca roule,pas de souci,pas de probleme," +
    "au revoir,a bientot,a plus,a plus tard,a demain,a tout a l heure,bonne soiree,bonne journee,bonne nuit,bon week end,bon weekend,bonne fin de journee,de rien,je vous en prie,je vous remercie,cordialement," +
    "c est tout,rien d autre,ce sera tout,a vous aussi,vous aussi,vous de meme,de meme," +
    "danke,danke schon,danke schoen,vielen dank,vielen lieben dank,lieben dank,herzlichen dank,besten dank,tausend dank,danke sehr,danke dir,danke ihnen,ich danke ihnen,ich danke dir,dankeschon,dankeschoen," +
    "alles klar,in ordnung,verstanden,gut,sehr gut,prima,perfekt,klasse,toll,wunderbar,ausgezeichnet,tschuss,tschuess,kein problem,kein ding,macht nichts,auf wiedersehen,bis dann,bis bald,bis morgen,bis spater," +
    "schonen tag,schonen tag noch,schonen abend,schonen abend noch,schones wochenende,schonen feierabend,gern geschehen,passt,das wars,das ist alles,das war alles,sonst nichts,gleichfalls,ebenso," +
    "mfg,lg,vg,liebe grusse,viele grusse,mit freundlichen grussen,freundliche grusse," +
    "תודה,תודה רבה,המון תודה,רב תודות,תודה לכם,תודה לך,תודה רבה לך,תודה רבה לכם,תודה מראש,אוקיי,אוקי,בסדר,בסדר גמור,הבנתי,קיבלתי,מעולה,מצוין,אחלה,סבבה,יופי,מושלם,טוב,ביי,להתראות,יום טוב,יום נעים,ערב נעים,סופש נעים,שבוע נעים,אין בעיה," +
    "זה הכל,זהו,זה הכול,חן חן,כל הכבוד,מגניב,גם לך,גם לכם,בכיף,על לא דבר,חח," +
    "شكرا,شكرا جزيلا,شكرا لك,شكرا لكم,شكرا جزيلا لكم,شكرا جزيلا لك,الف شكر,تسلم,تسلمو,يسلمو,تسلم ايدك,مشكور,مشكورين,ممنون,تمام,حسنا,اوكي,اوك,طيب,ماشي,ممتاز,رائع,جيد,مفهوم,فهمت,مع السلامة,باي,الى اللقاء,عفوا,العفو,هه," +
    "يعطيك العافية,الله يعطيك العافية,الله يعافيك,جزاك الله خيرا,جزاكم الله خيرا,الله يسلمك,بارك الله فيك,بارك الله فيكم,ان شاء الله,الحمد لله,ما شاء الله,لا مشكلة,ما في مشكلة,هذا كل شيء,هذا كل شي,في امان الله,يوم سعيد",
);

/** They answer what was asked, and ask for nothing. */
export const ANSWERS = setOf(
  `${MORE_ANSWERS},` +
    "thats right,that is right,that is correct,thats correct,that one,this one,first,second,third,the first,the second,the third,the first one,the second one,the last one,ok yes,its ok,its fine,el primero,la primera,el segundo,la segunda,esa,ese,o primeiro,a primeira,o segundo,a segunda,esse,essa,le premier,la premiere,le deuxieme,das erste,das zweite,die erste,die zweite,ja klar,ja gern,gern,klar,הראשון,השני,הראשונה,השנייה,الاول,الثاني,ممكن," +
    "yes,yep,yeah,yea,yup,ya,y,no,nope,nah,n,not really,not yet,not now,maybe,correct,exactly,of course,absolutely,definitely,certainly,indeed,perhaps,probably,yes please,no thanks,no thank you,true,agreed,deal," +
    "i do,i dont,i am,i am not,it is,it isnt,i dont know,dont know,idk,dunno,not sure,im not sure,both,neither,either,none,none of them,please,pls,plz," +
    "si,sip,claro que si,por supuesto,no gracias,no muchas gracias,quizas,tal vez,exacto,correcto,todavia no,aun no,ahora no,no se,no lo se,ninguno,ninguna,los dos,las dos,ambos,ambas,tampoco,por favor,porfa,porfavor,xfa,pf,pfv,pfvr," +
    "sim,s,nao,nao obrigado,nao obrigada,talvez,isso,isso mesmo,isso ai,com certeza,pode ser,pode,quero,quero sim,claro,claro que sim,ainda nao,agora nao,nao sei,nenhum,nenhuma,os dois,as duas,ambos," +
    "oui,ouais,non,non merci,peut etre,bien sur,exactement,absolument,tout a fait,volontiers,pas encore,pas maintenant,je ne sais pas,je sais pas,aucun,les deux,s il vous plait,s il te plait,svp,stp," +
    "ja,jo,jep,jawohl,nein,ne,nee,nein danke,vielleicht,genau,naturlich,doch,auf jeden fall,gerne,sehr gerne,bitte,noch nicht,jetzt nicht,weiss nicht,ich weiss nicht,ich weiss es nicht,keine ahnung,beide,beides,keins," +
    "כן,לא,אולי,לא תודה,לא תודה רבה,כן בבקשה,בטח,ברור,נכון,בהחלט,עדיין לא,לא יודע,לא יודעת,לא בטוח,לא בטוחה,שניהם,בבקשה," +
    "بالطبع,نعم,ايوه,ايوا,اي,اه,لا,لا شكرا,كلا,ربما,يمكن,اكيد,طبعا,صحيح,ليس بعد,لسه,ليس الان,لا اعرف,ما اعرف,لا ادري,كلاهما,من فضلك,لو سمحت,لو سمحتم,رجاء",
);

/** Alone. What becomes of it is not decided here; it is no reason to fetch a person. */
export const STOPS = setOf(
  `${MORE_STOPS},` +
    "i want to unsubscribe,stop spamming,stop spamming me,stop contacting me,stop writing to me,leave me alone,dont contact me,do not contact me,do not text me,do not write to me,quit,basta,deja de escribirme,deje de escribirme,dejen de escribirme,deja de enviarme mensajes,dejen de enviarme mensajes,no me manden mas mensajes,no me envien mas mensajes,no quiero recibir mensajes,pare de me mandar mensagem,pare de me mandar mensagens,parem de me mandar mensagem,parem de me mandar mensagens,pare de me enviar mensagens,parem de me enviar mensagens,nao me mande mais nada,nao me mandem mais nada,arretez de m envoyer des messages,arretez de m ecrire,ne me contactez plus,laissez moi tranquille,hort auf,lasst mich in ruhe,schreib mir nicht mehr,keine werbung mehr,keine weiteren nachrichten,תפסיקו לשלוח,תפסיקו לשלוח לי,תפסיק לשלוח לי הודעות,אל תשלחו לי,אל תשלחו לי יותר,די,توقف عن مراسلتي,توقفوا عن مراسلتي,لا ترسل لي,لا ترسل لي رسائل,لا ترسلوا لي رسائل," +
    "stop,stop all,stop it,unsubscribe,unsubscribe me,opt out,optout,opt me out,stop promotions,stop messages,stop messaging,stop messaging me,stop texting,stop texting me,stop sending me messages,stop sending messages," +
    "stop sending me these messages,remove me,remove me from your list,remove me from the list,take me off your list,no more messages,dont message me,dont message me again,dont text me,dont write to me again,do not message me,do not message me again," +
    "baja,darme de baja,dar de baja,dame de baja,quiero darme de baja,parar,parar mensajes,alto,cancelar suscripcion,no mas mensajes,no mas,no me escriban,no me escriban mas,no me escribas mas,no quiero mas mensajes,no quiero recibir mas mensajes," +
    "sair,pare,parem,descadastrar,descadastre,cancelar inscricao,remover,me remova,me tire da lista,nao quero mais receber,nao quero mais receber mensagens,nao quero receber mensagens,nao me mande mais mensagens,nao me mandem mais mensagens," +
    "arret,arreter,arretez,desabonner,desinscription,me desabonner,desinscrire,me desinscrire,desabonnez moi,ne m ecrivez plus,plus de messages,arretez de m ecrire," +
    "stopp,abmelden,abbestellen,austragen,keine nachrichten mehr,schreibt mir nicht mehr,schreiben sie mir nicht mehr," +
    "הסר,הסרה,הסירו,הסירו אותי,תסירו אותי,תורידו אותי,הסירו אותי מהרשימה,תסירו אותי מהרשימה,להסיר,הפסק,הפסיקו,תפסיקו,תפסיקו לשלוח לי הודעות,אל תשלחו לי הודעות,עצור," +
    "توقف,ايقاف,ايقاف الرسائل,الغاء الاشتراك,الغاء,اوقف,اوقف الرسائل,اوقفوا الرسائل,توقفوا,الغ الاشتراك,لا ترسلوا لي",
);

/** They go with a courtesy, and say nothing alone: who is meant, how much, and what joins two of them. */
export const FILLERS = setOf(
  "now,anymore,any more,thats,that is,this is,its,it is,youre,you are,service,job,work,of you,option,number,again,partner,my name is,im,i am,a ustedes,opcion,numero,soy,me llamo,lo,mucho,opcao,a voce,a voces,me chamo,meu nome e,sou,aqui e,voce,voces,a vous,je suis,je m appelle,ich bin,mein name ist,hier ist,option,nummer,mitenand,es,שמי,קוראים לי,אפשרות,اسمي,معك,خيار,رقم,اخوي," +
    "and,or,also,too,then,so,very,really,much,so much,very much,a lot,again,everything,that,this,it,for,you,u,to,to you,all,to all,just,anyway,in advance,for your help,for everything,for the help,for the info,for the information,for your time,my,dear," +
    "there,everyone,everybody,team,friend,friends,guys,folks,sir,madam,maam,miss,mate,bro,bruh,brother,sis,sister,boss,doctor,dr,mr,mrs,ms,sweetie,honey,ladies,gentlemen,both of you," +
    "y,tambien,por la ayuda,por todo,por tu ayuda,por su ayuda,de antemano,amigo,amiga,amigos,senor,senora,senorita,sr,sra,doctora,dra,a todos,todos,equipo,a usted,a ti,hermano,chicos," +
    "e,tambem,pela atencao,por tudo,pela resposta,pela ajuda,desde ja,gente,pessoal,galera,moca,moco,querida,querido,senhor,senhora,doutor,doutora,meu,minha,a todos,pra voce,para voce,por enquanto," +
    "et,aussi,pour votre aide,pour tout,d avance,madame,monsieur,mesdames,messieurs,a tous,tout le monde,a toutes,mon ami,mon amie,docteur,l equipe," +
    "und,oder,auch,aber,fur die hilfe,fur ihre hilfe,fur alles,im voraus,zusammen,leute,herr,frau,liebes team,an alle,noch,erstmal,schonmal,euch,ihnen,dir," +
    "גם,על העזרה,על הכל,לכולם,לכם,לך,חברים,אחי,אחותי,מראש,מאוד," +
    "على المساعدة,على كل شيء,مقدما,يا,اخي,اختي,جماعة,يا جماعة,صديقي,استاذ,استاذة,سيدي,دكتور,جميعا,لكم,لك,كثيرا,جدا,ايضا",
);

/** What may come after these belongs to the courtesy, up to so many words. */
export const OPEN_PHRASES: readonly (readonly [most: number, phrases: ReadonlySet<string>])[] = [
  [
    6,
    setOf(
      "thanks for,thank you for,thank you very much for,thanks a lot for,thank you so much for,gracias por,muchas gracias por,obrigado por,obrigado pela,obrigado pelo,obrigada por,obrigada pela,obrigada pelo," +
        "muito obrigado pela,muito obrigada pela,muito obrigado pelo,muito obrigada pelo,muito obrigado por,muito obrigada por,valeu por,valeu pela,valeu pelo,merci pour,merci de,merci beaucoup pour,danke fur,vielen dank fur,danke fur die,תודה על,תודה רבה על,شكرا على,شكرا جزيلا على,شكرا ل",
    ),
  ],
  [
    4,
    setOf(
      "see you,see u,talk to you,nos vemos,te veo,nos hablamos,hasta,hasta el,nos falamos,a gente se ve,ate,bis,bis zum,wir sehen uns,נתראה,נדבר,اراك,نراكم," +
        "enjoy your,enjoy the rest of,que tengas,que tenga,que tengan,que le vaya,que te vaya," +
        "feliz,tenha,tenha um,tenha uma,passez une,passez un,einen schonen,ein schones,שיהיה לך,שיהיה לכם",
    ),
  ],
  [
    1,
    setOf(
      "thanks,thank you,thank you very much,thank you so much,many thanks,thx,ty,gracias,muchas gracias,obrigado,obrigada,muito obrigado,muito obrigada,valeu,merci,merci beaucoup,danke,vielen dank,תודה,תודה רבה,شكرا,شكرا جزيلا",
    ),
  ],
];

/** Words that are known when one letter is wrong, missing, doubled or swapped with its neighbour. */
export const OFTEN_MISTYPED = setOf(
  "thanks,thank,hello,great,morning,afternoon,evening,perfect,awesome,excellent,welcome,gracias,muchas,buenos,buenas,tardes,noches,perfecto,perfeito,obrigado,obrigada,bonjour,merci,beaucoup,danke,vielen,guten,morgen",
);

/** With one of these, a sentence asks. */
const ASKING = setOf(
  "what,whats,when,whens,where,wheres,who,whos,why,how,hows,which,is,are,do,does,can,could,will,would,may,should,have,has,did," +
    "que,cuando,donde,quien,como,cuanto,cuantos,cuanta,cuantas,cual,cuales,hay,tienen,tiene,puedo,pueden,puede,hacen,venden," +
    "quando,onde,quem,quanto,quantos,quantas,qual,quais,tem,voces,posso,podem,fazem,vendem,aceitam," +
    "quand,ou,qui,pourquoi,comment,combien,quel,quelle,quels,quelles,est,avez,puis,peut,faites,acceptez,livrez," +
    "was,wann,wo,wer,warum,wie,wieviel,welche,welcher,welches,ist,sind,haben,habt,hat,kann,konnen,konnt,gibt,liefert," +
    "מה,מתי,איפה,מי,למה,איך,כמה,האם,יש,אפשר,ما,ماذا,متي,اين,من,لماذا,كيف,كم,هل",
);

/** Hebrew and Arabic write "and" into the word. */
export const isAsking = (word: string): boolean => ASKING.has(word) || (/^[וو]/u.test(word) && ASKING.has(word.slice(1)));
