// Owns: which conversation is open. It lives in the address, so that the browser's back button and a shared link work.
import { useSyncExternalStore } from "react";

const PREFIX = "#/conversations/";

function subscribe(listen: () => void): () => void {
  addEventListener("hashchange", listen);
  return () => {
    removeEventListener("hashchange", listen);
  };
}

export const NOTHING_SELECTED = "#/";

export function addressOf(id: string): string {
  return `${PREFIX}${encodeURIComponent(id)}`;
}

function readSelection(): string | undefined {
  if (!location.hash.startsWith(PREFIX)) return undefined;
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    return undefined;
  }
}

export function useSelection(): string | undefined {
  return useSyncExternalStore(subscribe, readSelection);
}
