// Owns: the kinds of values that a setting can have: how each is read from text, and how it is described to a person.
// Refuses to know: the names of settings, and where their text comes from.

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };
/** `expected` completes the sentence "PORT must be …". */
export type Kind<T> = { readonly expected: string; readonly parse: (text: string) => Parsed<T> };

export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    expected: `a whole number from ${String(least)} to ${String(most)}`,
    parse: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? good(value) : bad;
    },
  };
}

export function text(expected: string, pattern: RegExp): Kind<string> {
  return { expected, parse: (value) => (pattern.test(value) ? good(value) : bad) };
}

export function oneOf<T extends string>(choices: readonly T[]): Kind<T> {
  return {
    expected: `one of ${choices.join(", ")}`,
    parse: (value) => {
      const found = choices.find((choice) => choice === value.toLowerCase());
      return found === undefined ? bad : good(found);
    },
  };
}

export function someOf<T extends string>(choices: readonly T[]): Kind<ReadonlySet<T>> {
  const one = oneOf(choices);
  return {
    expected: `one or more of ${choices.join(", ")}, separated by commas`,
    parse: (value) => {
      const parsed = splitList(value).map(one.parse);
      const found = parsed.flatMap((item) => (item.ok ? [item.value] : []));
      return found.length === parsed.length && found.length > 0 ? good(new Set(found)) : bad;
    },
  };
}

export function yesOrNo(): Kind<boolean> {
  const choices = oneOf(["true", "false"]);
  return {
    expected: "true or false",
    parse: (value) => {
      const parsed = choices.parse(value);
      return parsed.ok ? good(parsed.value === "true") : bad;
    },
  };
}

export function secrets(most: number): Kind<readonly string[]> {
  return {
    expected: `1 to ${String(most)} secrets of at least 8 characters, separated by commas`,
    parse: (value) => {
      const found = splitList(value);
      return found.length >= 1 && found.length <= most && found.every((secret) => /^\S{8,}$/.test(secret)) ? good(found) : bad;
    },
  };
}

/** In small letters; none is fine too. */
export function hosts(): Kind<readonly string[]> {
  return {
    expected: "hosts such as localhost, 10.0.0.7:8080 or [::1], separated by commas",
    parse: (value) => {
      const found = splitList(value.toLowerCase());
      return found.every((host) => /^(\*|[a-z0-9._-]+(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?)$/.test(host)) ? good(found) : bad;
    },
  };
}

/** Without a slash at the end. */
export function httpUrl(): Kind<string> {
  return {
    expected: "an http or https address without query, such as https://graph.facebook.com",
    parse: (value) => {
      const url = URL.parse(value);
      const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "" && url.username === "";
      return isPlain ? good(value.replace(/\/+$/, "")) : bad;
    },
  };
}

export function postgresUrl(): Kind<string> {
  return {
    expected: "a PostgreSQL address such as postgres://user:password@host:5432/database",
    parse: (value) => {
      const url = URL.parse(value);
      return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1 ? good(value) : bad;
    },
  };
}

function splitList(value: string): readonly string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

const bad = { ok: false } as const;
