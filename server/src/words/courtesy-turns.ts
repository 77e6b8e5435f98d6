// Owns: phrases of courtesy by what they do in a conversation: to put off, to wait, to call off, to acknowledge, to bless, to wish a good day; in every
// language of the product, joined from their parts where they have any. Refuses to know: how phrases are put together (courtesies.ts).

const join = (before: string, behind: string): string =>
  before
    .split(",")
    .flatMap((one) => behind.split(",").map((other) => `${one} ${other}`))
    .join(",");

const PUTTING_OFF = [
  join(
    "ill,i will,will,we will,well,ok ill,let me",
    "let you know,let u know,let you know tomorrow,get back to you,get back to u,come back to you,be back,be right back,call back,call you back,call you later,write later,text you later,think about it,think it over,check,check and get back to you,see,see what i can do,keep you posted,update you,wait",
  ),
  "brb,be right back,back soon,maybe later,another time,some other time",
  join("les,te,le,yo les,yo te,luego te,luego les,despues te,despues les,manana te,manana les", "aviso,escribo,confirmo,cuento,llamo"),
  "dejame ver,dejeme ver,dejame pensarlo,dejeme pensarlo,dejame revisar,dejeme revisar,voy a ver,voy a pensarlo,lo miro,lo reviso,quedo atento,quedo atenta,quedo pendiente,quedo al pendiente,quedamos en contacto,estamos en contacto,seguimos en contacto,mas tarde,luego,despues,por ahora no,por el momento no,ahorita no",
  join(
    "vou ver e,vou pensar e,depois,depois eu,mais tarde,mais tarde eu,amanha,amanha eu,qualquer coisa,qualquer coisa eu",
    "te aviso,aviso,te chamo,chamo,te falo,falo,confirmo,retorno",
  ),
  "vou ver,vou verificar,vou olhar,deixa eu ver,deixe me ver,mais tarde,depois,por enquanto nao,por enquanto,por enquanto e so,no momento nao",
  join("je vous,je te", "tiens au courant,redis,recontacte,rappelle,confirme,reviens"),
  "je reflechis,je vais voir,je vais y reflechir,je regarde,je verifie,plus tard,pas pour le moment,pas tout de suite",
  "ich schaue mal,ich schau mal,ich schaue,mal sehen,mal schauen,ich uberlege noch,ich uberlege,ich melde mich wieder,melde mich,melde mich spater,melde mich wieder,ich melde mich morgen,ich gebe bescheid,gebe bescheid,spater,im moment nicht,gerade nicht",
  "אבדוק,אני אבדוק,אני בודק,אני בודקת,אבדוק ואחזור,אני אבדוק ואחזור,אחזור אליך,אחזור אליכם,אני אחזור אליכם,אעדכן,אני אעדכן,אעדכן אתכם,אני אחשוב על זה,נחשוב,נחשוב על זה,אחר כך,מאוחר יותר,לא כרגע,כרגע לא",
  "خليني اشوف,راح اشوف,بشوف,بفكر,سافكر في الامر,برد عليك,ارد عليك,ارد عليك لاحقا,ساعود اليك,بعدين,لاحقا,مش دلوقتي,مو الحين,مو هلا,ليس الان",
];

const WAITING = [
  join(
    "wait,just,one,give me,give me a,give me one,hold on,a,wait a,wait one,hang on,just one,just a",
    "moment,moment please,sec,second,min,minute",
  ),
  "wait,wait please,please wait,hold on,hang on,hold on please",
  join("un,solo un,dame un,deme un", "segundo,segundito,minuto,momento"),
  "espera,espere,esperen,espere por favor,un momento por favor,dame un segundo",
  "um segundo,so um segundo,um minuto,so um minuto,perai,pera ai,espera ai,espere,aguarde,aguarda",
  "une minute,une seconde,un instant,attendez,attends une minute,attends un instant,patientez,deux minutes",
  "warten sie,warte mal,warte kurz,warte bitte,bitte warten,eine minute,eine sekunde,augenblick bitte",
  "חכה,חכי,חכו,דקה,רק דקה,שניה אחת,רק רגע",
  "لحظه من فضلك,لحظه لو سمحت,دقيقه,دقيقه من فضلك,دقيقه واحده,استني,استنا,انتظر لحظه",
];

const CALLING_OFF = [
  join(
    "no need,not needed,forget it,forget about it,dont worry,dont worry about it,do not worry,ignore that,ignore it,ignore this,please ignore,ignore my message,ignore my last message",
    "thanks,please",
  ),
  "no need,no need to worry,not needed,forget it,forget about it,dont worry,dont worry about it,dont worry about that,do not worry,ignore that,ignore it,ignore this,please ignore,please ignore that,please ignore my last message,ignore my message,ignore my last message",
  "wrong chat,wrong person,sent by mistake,i sent that by mistake,sorry i sent that by mistake,typo,all sorted,its sorted,sorted,solved,its solved,problem solved,resolved,its resolved,i figured it out,figured it out,no more questions,no further questions,no other questions,that answers it,that answers my question,question answered,thats what i needed",
  "no se preocupe,no te preocupes,no se preocupen,no pasa nada,no importa,olvidalo,olvidelo,ya no,ya no hace falta,no hace falta,no es necesario,ignora eso,me confundi,me equivoque de chat,me equivoque de numero,me equivoque de persona,era otro chat,eso era todo,eso seria todo,seria todo,es todo por ahora,eso es todo por ahora,resuelto,ya esta resuelto,solucionado,tranqui,ninguna duda,ninguna pregunta",
  "nao precisa,precisa nao,nao precisa nao,nao precisa mais,nao e necessario,deixa,deixa pra la,deixa quieto,esquece,esqueca,mandei errado,enviei errado,mandei sem querer,foi sem querer,era outro chat,relaxa,nao tem problema,sem crise,nao foi nada,por nada,disponha,magina,so isso mesmo,e so,era isso,era isso mesmo,resolvido,ja resolvi,nenhuma duvida,sem mais duvidas",
  "pas besoin,plus besoin,laissez tomber,laisse tomber,oubliez,oublie,pas grave,c est pas grave,ce n est pas grave,ce n est rien,c est rien,t inquiete,t inquiete pas,ne vous inquietez pas,ne t inquiete pas,tant pis,erreur,erreur de destinataire,erreur de ma part,mauvais destinataire,aucun probleme,aucun souci,pas de soucis,pas de quoi,il n y a pas de quoi,c est regle,c est resolu,non ca ira,ca ira",
  "nicht notig,nicht mehr notig,brauche nichts mehr,vergiss es,vergessen sie es,schon gut,schon okay,nicht schlimm,nicht so schlimm,macht nix,kein stress,keine ursache,keine sorge,keine umstande,egal,ist egal,hat sich erledigt,hat sich schon erledigt,schon erledigt,erledigt,falscher chat,falscher kontakt,versehen,war ein versehen,das wars schon,nichts weiter,keine fragen mehr,keine weiteren fragen",
  "לא צריך,לא צריך כבר,כבר לא צריך,אין צורך,לא משנה,תשכח מזה,עזוב,עזבי,עזבו,לא נורא,לא קרה כלום,אין בעד מה,טעיתי,טעיתי במספר,טעיתי בצאט,זה בטעות,בטעות,הסתדר,הסתדרתי,סודר,אין לי עוד שאלות",
  "لا ما يحتاج,ما يحتاج,مو لازم,مش لازم,مش ضروري,ليس ضروريا,مو مشكله,مش مشكله,مافي مشكله,ولا يهمك,عادي,انسي الموضوع,ولا شي,بالغلط,الرقم غلط,غلطت بالرقم,ارسلت بالخطا,بس كذا,بس هيك,خلاص,خلص,انحلت,تم الحل,علي الرحب والسعه,ولو",
];

const ACKNOWLEDGING = [
  "received,received it,received with thanks,well received,i received it,i have received it,i got it,okok,okey dokey,oki doke,alrighty,alrighty then,aight,bet,word,copy,copy that,10 4,cool beans,good stuff,lgtm,ic,i c,gotchu,gotcha,no prob,no probs,no problemo,no biggie,all clear,crystal clear,clear,ok clear,sounds like a plan,uh,uhh,uh huh,mhm,mhmm,mm hmm,amen,catch you later,see ya tomorrow,see ya later,see ya soon,cu,cu later,cul8r,nite,nite nite,good nite,sleep well,sweet dreams,later gator",
  "okei,sale,sale pues,va,va que va,andale,orale,barbaro,joya,de una,mola,entiendo,ah entiendo,ya entiendo,ok entiendo,recibido,ya lo recibi,lo recibi,ya vi,ya lo vi,copiado,enterado,enterada,anotado,que duermas bien,que descanses,que pases buen dia,que pase buen dia,besitos,amen,si dios quiere,gracias a dios,dios te bendiga,dios los bendiga,dios lo bendiga,dios le bendiga",
  "certinho,belezinha,firmeza,fechou,fmz,flw,falou,combinadissimo,bacana,aham,uhum,hum,humm,recebido,recebi,ja recebi,ja vi,vi aqui,anotado,ciente,de acordo,abs,att,atenciosamente,cordialmente,durma bem,dorme bem,fica com deus,vai com deus,se deus quiser,gracas a deus,gloria a deus,amem,huahua,huehue",
  "mci,d acc,okay dac,j ai compris,j ai bien compris,je comprends,je vois,recu,note,c est recu,bien vu,vu,ca me va,ca me convient,voila,c est ca,c est exact,c est clair,enchante,enchantee,biz,a lundi,a mardi,a mercredi,a jeudi,a vendredi,a samedi,a dimanche,a tt,a tte,a ce soir,dors bien,mdr,ptdr,tkt",
  "alles klaro,geht klar,geht in ordnung,ist ok,ist okay,ist in ordnung,passt schon,passt mir,passt so,hab verstanden,habs verstanden,hab ich verstanden,habe verstanden,verstehe,ich verstehe,ach so,achso,ach ja,na dann,dann bis morgen,dann bis bald,dann bis dann,dann bis spater,erhalten,hab ich bekommen,habe ich erhalten,zur kenntnis genommen,notiert,ist notiert,tschussi,tschau,ciao,pfiat di,wiedersehen,schlaf gut,bitteschon,bitte schon,bitte sehr,ups,schones we,gruss,grusse,lg und danke,mir geht es gut,gut und selbst,schon,sehr schon",
  "או קיי,או קי,אה הבנתי,אה אוקיי,אה אוקי,הבנתי אותך,ברור לי,התקבל,ראיתי,רשמתי,נרשם,אין על,ליל מנוחה,חלומות פז,גמר חתימה טובה,תרגיש טוב,תרגישי טוב,בתיאבון,בעזרת השם,בעזרת ה,בה,ב ה,אמן,ברוך השם,תודה לאל,לול,אופס,ושבת שלום,הכל בסדר,הכל טוב,אצלי הכל טוב",
  "تم,تم الاستلام,استلمت,استلمتها,وصلتني,واضح,فهمت عليك,فهمتك,علم,علم وينفذ,ابشر,ابشري,عال,عال العال,ميه ميه,خوش,يا رب,امين,باذن الله,ان شاء الله خير,الحمدلله,الحمدلله بخير,الحمد لله بخير,سبحان الله,ماشاءالله,ماشاء الله,انشاءالله,انشالله,بالتوفيق,سلامتك,سلامات,كل سنه وانت طيب,كل سنه وانتم طيبين,كل عام وانت بخير,عساك بخير,حياك الله,حياكم الله,الله معك,نورت",
];

const BLESSINGS = [
  join(
    "الله,ربنا,ربي",
    "يخليك,يخليكم,يحفظك,يحفظكم,يسعدك,يسعدكم,يوفقك,يوفقكم,يحييك,يحييكم,يبارك فيك,يبارك فيكم,يعافيك,يعافيكم,يعطيك العافيه,يعطيكم العافيه,يعطيك الصحه,يرضي عليك,يجزاك خير,يجزيك خير,يجزيك الخير,يكرمك,يكرمكم,يبارك لك,يسلمك,يسلمكم",
  ),
  join("جزاك,جزاكم", "الله,الله خير,الله كل خير,الله الف خير"),
  "inshallah,in sha allah,insha allah,mashallah,masha allah,alhamdulillah,hamdulillah,jazakallah,jazak allah,jazakallah khair,barakallah,amen",
];

const HOLIDAYS = [
  join(
    "happy,a happy,have a happy",
    "mothers day,mother s day,fathers day,father s day,valentines day,valentine s day,new year,holidays,holiday,weekend,monday,tuesday,wednesday,thursday,friday,saturday,sunday,diwali,hanukkah,chanukah,passover,pesach,purim,eid,holi,thanksgiving,halloween,anniversary,easter,birthday",
  ),
  "merry xmas,happy xmas,xmas greetings,season s greetings,seasons greetings,eid saeed,shana tova,shana tovah,mazel tov,mazal tov,shabbat shalom,chag sameach,ramadan mubarak,jummah mubarak",
  join("joyeux,joyeuse,joyeuses,bonnes", "anniversaire,noel,fetes,paques,saint valentin,vacances,fete,fete des meres,fete des peres"),
  join(
    "felices,feliz",
    "pascuas,fiestas,navidad,cumpleanos,aniversario,dia de la madre,dia del padre,dia das maes,dia dos pais,pascoa,dia da mulher,dia de la mujer,feriado",
  ),
  join("viel,viel viel,ganz viel", "erfolg,gluck,spass"),
];

export const TURNS = [PUTTING_OFF, WAITING, CALLING_OFF, ACKNOWLEDGING, BLESSINGS, HOLIDAYS].flat().join(",");

export const MORE_GREETINGS = [
  "wassup,wazzup,hows your day,hows your day going,how s your day,how r u,how are u,how r you,how are ya,how you doing,how are things,good day ahead,top of the morning,hi hows it going",
  "holi,holis,muy buenas tardes,muy buenos dias,muy buenas noches,espero que estes bien,espero que este bien,espero que se encuentre bien,como andan,como andas,como te va,como les va,que hay,que tal todo,y tu,y usted",
  "salve,fala,fala ai,td bem,tudo bem e vc,tudo bem e voce,e vc,e voce,bem e vc,bem e voce,espero que esteja bem,como voce esta,como vc ta,tudo otimo",
  "bjr,bsr,slt,cv,slt cv,comment va,vous allez bien,tu vas bien,et vous,et toi,tres bien et vous,ca va merci et vous,j espere que vous allez bien",
  "mahlzeit,n abend,abend zusammen,morgen zusammen,ich hoffe es geht ihnen gut,wie lauft s,wie lauft es,und ihnen,und dir,und selbst",
  "היוש,אהלן וסהלן,מה המצב,מה איתך,מה איתכם,איך הולך,הכל טוב,מה חדש,איך אתה,איך את",
  "مرحبتين,اهلا بك,اهلا بكم,كيفك,كيف الصحه,كيف صحتك,كيف الامور,شخبارك,شو اخبارك,ايش اخبارك,اخبارك,ازيك,عامل ايه,ازيك عامل ايه,كيفكم,ليله سعيده,وانت,وانتم",
].join(",");

export const MORE_ANSWERS = [
  "jup,joa,jap,jawoll,stimmt,stimmt so,richtig,korrekt,logo,keins von beiden,weder noch,keiner",
  "simon,nop,obvio,asi es,eso,eso mismo,ese mismo,esa misma,tal cual,puede ser",
  "exato,exatamente,isso ai mesmo,siim,ss,nn,acho que sim,acho que nao",
  "nan,jsp,la deuxieme,le second,la seconde,ca depend,je crois,je pense que oui,je pense que non,et oui,et non",
  "כמובן,בדיוק,עוד לא,לא עכשיו,אף אחד,אף אחת,חד משמעית,נראה לי",
  "بالتاكيد,بالضبط,مضبوط,ما ادري,مش عارف,مش عارفه,ماعرف,الاثنين,ولا واحد,ولا واحده,اظن,يمكن لا",
  "yeaah,i think so,i guess,i guess so,i dont think so,i believe so,none of these,any,whatever,whichever,either one,not at all,of course not",
].join(",");

export const MORE_STOPS = [
  join(
    "stop,stop with,stop sending,stop sending me,no more,stop all",
    "these,this,these messages,this messages,the messages,those messages,your messages,texts,these texts,spam,ads,promotions,promos,newsletters,marketing",
  ),
  join(
    "dont,do not,never,please dont,please do not",
    "send me anything,send me messages,send me any messages,send me more messages,send messages,send me texts,send me ads,contact me again,contact me anymore,text me again,write to me again,message me anymore",
  ),
  "un subscribe,un subscribe me,unsubscribe me please,remove my number,delete my number,take my number off your list",
  join("quiero,quisiera,deseo", "darme de baja,dejar de recibir mensajes,salir de la lista,cancelar la suscripcion"),
  join("no quiero,ya no quiero", "mensajes,recibir mensajes,mas mensajes,recibir mas mensajes,recibir publicidad,publicidad"),
  join("quero,gostaria de,preciso", "sair da lista,me descadastrar,parar de receber mensagens,cancelar a inscricao"),
  join("nao quero,nao quero mais", "mensagens,mensagem,receber mensagens,receber mensagem,receber propaganda,propaganda"),
  join("je veux,je voudrais,je souhaite", "me desabonner,me desinscrire,ne plus recevoir de messages"),
  "je ne veux plus de messages,je ne veux plus recevoir de messages,plus de pub,stop pub,stop la pub",
  "keine nachrichten,keine nachricht mehr,keine werbung,keine werbung bitte,bitte keine nachrichten,bitte nicht mehr schreiben,nicht mehr schreiben,ich will keine nachrichten mehr,ich mochte keine nachrichten mehr,ich will mich abmelden,ich mochte mich abmelden,mich abmelden",
  "הסר אותי,תסיר אותי,תסירי אותי,תסירו אותי מהרשימה,די כבר,די עם ההודעות,מספיק עם ההודעות,לא לשלוח לי,לא לשלוח לי יותר,אל תשלח לי הודעות,אל תשלחו יותר,אל תשלחו לי יותר הודעות",
  "لا ترسل,لا ترسلوا,لا ترسل لي شي,لا ترسلوا لي شي,لا تراسلني,لا تراسلوني,بس رسائل,كفايه رسائل,وقف الرسائل,وقفوا الرسائل,اريد الغاء الاشتراك,ابغي الغاء الاشتراك",
].join(",");
