// Owns: the API key between two loads of the page. It ends with the browser's tab.
const NAME = "onethread.api-key";

export function readStoredKey(): string | undefined {
  try {
    return sessionStorage.getItem(NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Undefined forgets it. A browser that keeps nothing asks again at the next load. */
export function storeKey(apiKey: string | undefined): void {
  try {
    if (apiKey === undefined) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, apiKey);
  } catch {
    // Nothing to do: the key lives in the page.
  }
}
