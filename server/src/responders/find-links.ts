// Owns: which links WhatsApp would make of a text: addresses with and without a scheme, and mail addresses. Pure, and one walk over the text: expressions
// that look for an end from every beginning took half a minute for an answer of 80,000 letters.

export interface Link {
  /** As it is written. */
  readonly text: string;
  /** Lower case, punycode, without "www.". */
  readonly host: string;
  /** It may just as well be the end of one sentence and the beginning of the next, written without a space ("the end.so it goes"). */
  readonly isDoubtful: boolean;
}

// Dots as other scripts write them lead to the same place.
const DOTS = /[\u3002\uFF0E\uFF61]/g;
/** From one blank, bracket or quotation mark to the next. */
const PIECE = /[^\s<>"'`]+/gu;
/** No link is without one of these, and most of what people write is without both. */
const SIGN = /\.\p{L}|:\/\//u;
const SCHEME = /(?<![\p{L}\p{N}_])(?:h[tx]{2}ps?|ftp|wss?):\/\//giu;
/** What a host, or a mail address, is written with. */
const RUN = /[\p{L}\p{N}_.+@-]+/gu;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;
const ENDING = /^\p{L}{2,}$/u;
const MAX_HOST = 253;
/** As much of an address as its host can need. */
const MAX_ADDRESS = 1_000;
const CLOSING = new Set(".,;:!?)]}*_~»”’");
// What is written without a scheme is a link only with a real ending: those below, and those of countries.
const ENDINGS = new Set("com net org info biz dev xyz icu vip".split(" "));
/** Endings that are words as well. */
const WORD_ENDINGS = new Set(
  "app shop store online site website top club link click live tech page cloud agency digital pro work world health clinic email".split(
    " ",
  ),
);
const COUNTRIES = new Set(
  (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz " +
    "de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it " +
    "je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz " +
    "om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz " +
    "ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
  ).split(" "),
);

function hostOf(written: string): string | undefined {
  const withScheme = /^[a-z]+:\/\//i.test(written) ? written.replace(/^h[tx]{2}p/i, "http") : `http://${written}`;
  if (!URL.canParse(withScheme)) return undefined;
  return new URL(withScheme).hostname.replace(/^www\./, "").replace(/\.$/, "");
}

function isEnding(host: string, written: string): boolean {
  const ending = host.slice(host.lastIndexOf(".") + 1);
  if (ENDINGS.has(ending) || WORD_ENDINGS.has(ending) || /[/?#:@]/.test(written) || /^www\./i.test(written)) return true;
  // No ending of another script is written with Latin letters: "pronto.Não".
  if (ending.startsWith("xn--")) return !/\p{Script=Latin}[\p{L}]*$/u.test(written);
  // "the end.It goes on" is no address in Italy.
  return COUNTRIES.has(ending) && !/\.[A-Z][a-z]$/.test(written);
}

/** A word, a number ("18h", "1.500") or an abbreviation ("p.m", "z.B"). */
const END_OF_SENTENCE = /^(?:[\p{L}\p{N}]+|(?:(?:\p{L}|\p{N}+)\.)+(?:\p{L}|\p{N}+))$/u;

/** A dot between such an end and a word of two letters, with a capital or of its own: an ending, or the next sentence's first word. */
function isDoubtful(written: string): boolean {
  const dot = written.lastIndexOf(".");
  const [ending] = /^\p{L}+$/u.exec(written.slice(dot + 1)) ?? [];
  if (!END_OF_SENTENCE.test(written.slice(0, Math.max(0, dot)))) return false;
  return ending !== undefined && (ending.length === 2 || WORD_ENDINGS.has(ending.toLowerCase()) || /^\p{Lu}\p{Ll}/u.test(ending));
}

function withoutClosing(written: string): string {
  let end = written.length;
  while (end > 0 && CLOSING.has(written[end - 1] ?? "")) end -= 1;
  return written.slice(0, end);
}

/** How much of a run's beginning is a host: its labels up to the last one that can be an ending; 0: none. */
function hostLength(run: string): number {
  const labels = run.split(".");
  let length = 0;
  let best = 0;
  for (const [index, label] of labels.entries()) {
    if (!LABEL.test(label) || length > MAX_HOST) break;
    length += label.length + (index > 0 ? 1 : 0);
    if (index > 0 && ENDING.test(label)) best = length;
  }
  return best;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where in a piece without a scheme an address begins and ends; what follows a host behind a slash, a colon or a question mark belongs to it. */
function addressesIn(piece: string): readonly Span[] {
  const found: Span[] = [];
  for (const { 0: run, index } of piece.matchAll(RUN)) {
    const at = run.lastIndexOf("@");
    let from = at + 1;
    for (const part of run.slice(at + 1).split(/[+_]/)) {
      const begin = part.length - part.replace(/^[.-]+/, "").length;
      const length = hostLength(part.slice(begin));
      if (length > 0) {
        const hostEnd = index + from + begin + length;
        const isWhole = from + begin + length === run.length && /^(?:[/?#]|:\d)/.test(piece.slice(hostEnd, hostEnd + 2));
        found.push({ from: from === at + 1 && at > 0 ? index : index + from + begin, to: isWhole ? piece.length : hostEnd });
        if (isWhole) return found;
      }
      from += part.length + 1;
    }
  }
  return found;
}

export function findLinks(text: string): readonly Link[] {
  const plain = text
    .normalize("NFKC")
    .replace(DOTS, ".")
    .replace(/\p{Cf}/gu, "");
  const links: Link[] = [];
  const add = (match: string, needsEnding: boolean): void => {
    const written = withoutClosing(match);
    const host = hostOf(written);
    if (host !== undefined && (!needsEnding || (host.includes(".") && isEnding(host, written))))
      links.push({ text: written, host, isDoubtful: needsEnding && isDoubtful(written) });
  };
  if (!SIGN.test(plain)) return links;
  for (const [piece] of plain.matchAll(PIECE)) {
    if (!SIGN.test(piece)) continue;
    const schemes = [...piece.matchAll(SCHEME)].map(({ index }) => index);
    const before = piece.slice(0, schemes[0]);
    for (const { from, to } of addressesIn(before)) add(before.slice(from, Math.min(to, from + MAX_ADDRESS)), true);
    for (const at of schemes) add(piece.slice(at, at + MAX_ADDRESS), false);
  }
  return links;
}

/** With a blank where a sentence may end and WhatsApp would make a link of it, unless `isOurs` knows the host: it reads right either way, and leads nowhere. */
export function separateSentences(text: string, isOurs: (host: string) => boolean): string {
  let separated = text;
  const doubtful = findLinks(text).filter((link) => link.isDoubtful && !isOurs(link.host));
  for (const written of new Set(doubtful.map((link) => link.text)))
    separated = separated.replaceAll(written, () => written.replace(/\.(?=[^.]*$)/, ". "));
  return separated;
}

export function isUnder(host: string, allowed: string): boolean {
  const wanted = allowed.toLowerCase().replace(/^www\./, "");
  return host === wanted || host.endsWith(`.${wanted}`);
}
