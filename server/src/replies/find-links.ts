// Owns: which links WhatsApp would make of a text: addresses with and without a scheme, and mail addresses. Pure.

export interface Link {
  /** As it is written. */
  readonly text: string;
  /** Lower case, punycode, without "www.". */
  readonly host: string;
}

// Dots as other scripts write them lead to the same place.
const DOTS = /[\u3002\uFF0E\uFF61]/g;
const WITH_SCHEME = /\b(?:h[tx]{2}ps?|ftp|wss?):\/\/[^\s<>"'`]+/giu;
const WITHOUT_SCHEME =
  /(?<![\p{L}\p{N}_@/.-])(?:[\p{L}\p{N}_.+-]+@)?(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?::\d+)?(?:[/?#][^\s<>"'`]*)?/giu;
// What is written without a scheme is a link only under a real ending; of those with two letters every country has one.
const ENDINGS = new Set(
  "com net org info biz app dev shop store online site website xyz top club link click live tech page cloud agency digital pro icu vip work world health clinic email".split(
    " ",
  ),
);

function hostOf(written: string): string | undefined {
  const withScheme = /^[a-z]+:\/\//i.test(written) ? written.replace(/^h[tx]{2}p/i, "http") : `http://${written}`;
  if (!URL.canParse(withScheme)) return undefined;
  return new URL(withScheme).hostname.replace(/^www\./, "").replace(/\.$/, "");
}

function isEnding(host: string, written: string): boolean {
  const ending = host.slice(host.lastIndexOf(".") + 1);
  if (ENDINGS.has(ending) || ending.startsWith("xn--") || /[/?#:@]/.test(written)) return true;
  // "the end.It goes on" is no address in Italy.
  return ending.length === 2 && !/\.[A-Z][a-z]$/.test(written);
}

export function findLinks(text: string): readonly Link[] {
  const plain = text
    .normalize("NFKC")
    .replace(DOTS, ".")
    .replace(/\p{Cf}/gu, "");
  const links: Link[] = [];
  const add = (match: string, needsEnding: boolean): void => {
    const written = match.replace(/[.,;:!?)\]}*_~»”’]+$/u, "");
    const host = hostOf(written);
    if (host !== undefined && (!needsEnding || (host.includes(".") && isEnding(host, written)))) links.push({ text: written, host });
  };
  for (const [match] of plain.matchAll(WITH_SCHEME)) add(match, false);
  for (const [match] of plain.replace(WITH_SCHEME, " ").matchAll(WITHOUT_SCHEME)) add(match, true);
  return links;
}

export function isUnder(host: string, allowed: string): boolean {
  const wanted = allowed.toLowerCase().replace(/^www\./, "");
  return host === wanted || host.endsWith(`.${wanted}`);
}
