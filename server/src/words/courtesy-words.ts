// Owns: sentences of courtesy that nobody can list: praise, thanks, apologies, asking for a moment, in every language of the product. Each language has
// the words that make such a sentence, and those that may be around them; one word that is in neither, and it is no courtesy. Pure.
// Refuses to know: fixed phrases (courtesy-phrases.ts).
import { isAsking } from "./courtesy-phrases.ts";
import { setOf, squeeze } from "./plain-words.ts";

interface Manner {
  readonly says: ReadonlySet<string>;
  readonly around: ReadonlySet<string>;
}

const manner = (says: string, around: string): Manner => ({ says: setOf(says), around: setOf(around) });

// No word that denies ("not", "kein", "לא"), none for goods, prices, times or wishes: with one of these a sentence is for somebody to read.
const MANNERS: readonly Manner[] = [
  manner(
    "thank,thanks,thankyou,thx,ty,appreciate,appreciated,grateful,helpful,kind,sweet,perfect,great,good,nice,lovely,amazing,awesome,wonderful,fantastic,excellent,brilliant,super,cool,beautiful,superb,rock,sorry,apologies,apologize,apologise,pleasure,sounds,works,congrats,congratulations,moment,sec",
    "i,im,ive,ill,you,your,youre,youve,u,r,ur,it,its,that,thats,this,is,was,were,are,be,been,so,such,very,really,truly,much,more,most,a,an,the,to,for,of,and,with,at,in,on,all,everything,guys,team,too,also,just,only,then,again,me,my,we,us,them,had,as,ok,oh,wow,please,help,helping,service,reply,response,job,work,idea,plan,news,timing,stuff,weekend,late,delay,delayed,quick,fast,prompt,patience,patient,bother,bothering,trouble,inconvenience,confusion,misunderstanding,mistake,support,bunch,ton,tons,lot,lots,million,always,there,here,hear,meet,meeting,chatting,talking,seeing,looks,looking,mate,bro,wait,hold,give,one,hope,hoping,day,having",
  ),
  manner(
    "gracias,agradezco,agradecemos,agradecido,agradecida,amable,amables,perfecto,perfecta,excelente,genial,estupendo,buenisimo,buenisima,bueno,buena,buen,bien,rico,lindo,linda,chevere,bacano,maravilloso,maravillosa,increible,fantastico,fantastica,espectacular,encanta,encanto,gusto,perdon,disculpa,disculpe,disculpen,disculpas,siento,lamento,tranquilo,tranquila,felicidades,felicitaciones,abrazo,abrazos,beso,besos,saludo,saludos,momento,momentito,ratito,minutito,bendiciones,bendiga,sirve,padre,guay",
    "muy,mas,muchas,muchos,muchisimas,mil,un,una,el,la,los,las,lo,me,te,le,les,nos,se,es,esta,este,estuvo,fue,son,eres,sos,su,tu,sus,ustedes,usted,todo,todos,todas,toda,por,con,de,a,en,y,tan,super,servicio,atencion,ayuda,trabajo,respuesta,idea,demora,tardanza,retraso,molestia,molestias,error,confusion,fin,semana,dia,dias,tarde,tardes,noche,noches,aqui,ahi,ya,pues,entonces,si,ok,mucho,hecho,cordial,grande,fuerte,favor,deme,dame,solo,dios,los,provecho,suerte,viaje",
  ),
  manner(
    "obrigado,obrigada,obg,agradeco,agradecemos,grato,grata,gratidao,perfeito,perfeita,otimo,otima,excelente,maravilhoso,maravilhosa,maravilha,legal,bacana,massa,show,top,bom,boa,bons,boas,lindo,linda,amei,adorei,gostei,desculpa,desculpe,desculpem,desculpas,perdao,parabens,abraco,abracos,beijo,beijos,bjs,bjos,momento,momentinho,minutinho,instante,segundinho,tranquilo,tranquila,abencoe,sorte,combinado",
    "muito,muita,muitos,mto,mt,mais,demais,tao,super,um,uma,o,a,os,as,e,foi,ta,esta,eh,ficou,de,do,da,dos,por,pelo,pela,pra,com,me,te,vc,vcs,voce,voces,seu,sua,servico,atendimento,ajuda,atencao,retorno,resposta,trabalho,ideia,demora,atraso,incomodo,transtorno,erro,confusao,tudo,todos,so,favor,ai,aqui,viu,hein,mesmo,entao,ne,ok,dia,tarde,noite,semana,fim,final,feriado,domingo,descanso,viagem,deus,grande,forte",
  ),
  manner(
    "merci,mercis,remercie,remercions,parfait,parfaite,super,genial,geniale,top,excellent,excellente,magnifique,chouette,cool,nickel,impeccable,impec,bien,bon,bonne,bons,bonnes,gentil,gentille,aimable,sympa,desole,desolee,pardon,excusez,excuse,felicitations,bravo,plaisir,bises,bisous,instant,ravi,ravie",
    "un,une,le,la,les,l,de,du,des,d,a,au,aux,en,et,pour,par,avec,vous,votre,vos,toi,ton,tu,je,j,m,c,ce,est,etait,etes,sont,suis,tres,trop,tellement,si,plus,beaucoup,infiniment,grand,grande,mille,fois,mes,nos,retard,attente,derangement,erreur,reponse,retour,aide,service,accueil,travail,idee,nouvelle,journee,soiree,nuit,apres,midi,fin,semaine,week,end,weekend,dimanche,samedi,route,voyage,courage,chance,appetit,vacances,tout,tous,toute,toutes,equipe,ca,va,ira,me,moi,nous,ok,petit,svp",
  ),
  manner(
    "danke,dank,dankbar,super,prima,klasse,toll,tolle,spitze,perfekt,perfekte,wunderbar,ausgezeichnet,genial,mega,gut,gute,guten,guter,gutes,freut,nett,lieb,lieben,cool,geil,sorry,entschuldigung,entschuldigen,verzeihung,leid,grusse,gluckwunsch,moment,augenblick,sekunde,schones,schonen,schone",
    "sehr,so,ganz,echt,wirklich,viel,viele,vielen,herzlichen,besten,beste,tausend,liebe,ich,mich,mir,wir,uns,sie,ihr,euch,ihnen,ihre,ihren,dein,deine,dir,das,der,die,den,dem,ein,eine,einen,einem,es,ist,war,waren,ja,mal,auch,noch,schon,und,fur,im,zu,zum,zur,bei,mit,alles,allen,service,hilfe,idee,arbeit,antwort,info,infos,storung,verspatung,spate,schnelle,tut,bitte,tag,abend,wochenende,woche,ok,na,dann,also,geburtstag,appetit,besserung,rutsch,feiertage,sonntag,nacht,reise,fahrt,urlaub",
  ),
  manner(
    "תודה,תודות,מעולה,מצוין,מצויין,מושלם,נהדר,נפלא,מדהים,אחלה,סבבה,יופי,כיף,נחמד,חמוד,מקסים,טוב,טובה,טובים,סליחה,מצטער,מצטערת,מתנצל,מתנצלת,רגע,שנייה,שניה,מעריך,מעריכה,שמח,שמחה,מזל,בהצלחה,ברוך,שלמה,נעים,נעימה",
    "רבה,מאוד,ממש,כל,כך,על,הכל,לך,לכם,אתם,אתה,את,אני,זה,היה,הייתה,היו,שירות,השירות,עזרה,העזרה,המענה,התשובה,המידע,האיחור,ההפרעה,העיכוב,הטעות,אחד,אחת,עוד,רק,תן,תני,לי,חכה,חכי,ויום,יום,שבת,ושבת,ערב,שבוע,המשך,שנה,ומתוקה,חג,פסח,חנוכה,פורים,סוכות,הולדת,של,איזה,לשמוע,לדעת,רפואה,השם,אה,אוקיי,אוקי,אצלי,אז,בבקשה,נסיעה,ליל,מנוחה,אלף",
  ),
  manner(
    "شكرا,شكر,الشكر,اشكرك,اشكركم,متشكر,متشكره,متشكرين,مشكور,مشكوره,مشكورين,تسلم,تسلمي,تسلمو,يسلمو,ممتاز,ممتازه,رائع,رائعه,روعه,جميل,جميله,حلو,حلوه,عظيم,كويس,كويسه,زين,تمام,اسف,اسفه,اعتذر,عذرا,معلش,معليش,لحظه,ثواني,مبروك,مبارك,مباركه,سعيد,سعيده,الورد,الفل,تصبح,تصبحين,بخير",
    "جزيلا,كثير,كثيرا,كتير,جدا,لك,لكم,ليك,الف,علي,الرد,المساعده,الازعاج,التاخير,الخدمه,خدمه,خدمتكم,ردك,تعاملكم,كل,يا,غالي,باشا,اخي,اخوي,حبيبي,استاذ,انت,انتم,يوم,نهارك,ليله,عيد,عيدكم,ميلاد,جمعه,رمضان,صباح,مساء,والله,هذا,كان,واحده,بس,طيب,اوكي,عال,الحمد,لله,خير",
  ),
];

/** Longer ones say more. */
const MOST_WORDS = 9;
/** "How nice", "que rico": an exclamation, which begins as a question does. */
const LONGEST_EXCLAMATION = 3;
const STRETCHED = /(\p{L})\1{2}|(\p{L})\2$/u;

const SQUEEZED = MANNERS.map(({ says, around }) => ({
  says: new Set([...says].map(squeeze)),
  around: new Set([...around].map(squeeze)),
}));

/** Whether a clause, in plain words, is made of courtesy alone. Of a text without a question mark. */
export function isCourteous(words: readonly string[]): boolean {
  const [first = "", second = ""] = words;
  if (words.length > MOST_WORDS) return false;
  return MANNERS.some(({ says, around }, language) => {
    const squeezed = SQUEEZED[language];
    const isIn = (kind: keyof Manner, word: string): boolean =>
      (kind === "says" ? says : around).has(word) || (STRETCHED.test(word) && squeezed?.[kind].has(squeeze(word)) === true);
    const spoken = isAsking(first) && words.length <= LONGEST_EXCLAMATION && isIn("says", second) ? words.slice(1) : words;
    if (spoken.length > 0 && isAsking(spoken[0] ?? "") && !isIn("says", spoken[0] ?? "")) return false;
    return spoken.every((word) => isIn("says", word) || isIn("around", word)) && spoken.some((word) => isIn("says", word));
  });
}
