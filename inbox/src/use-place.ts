// Owns: what is open: nothing, a conversation, or the notices. It lives in the address, so that the browser's back button and a shared link work.
import { useSyncExternalStore } from "react";

export type Place =
  | { readonly kind: "nothing" }
  | { readonly kind: "notices" }
  | { readonly kind: "conversation"; readonly conversationId: string };

const CONVERSATION = "#/conversations/";

export const NOTHING_SELECTED = "#/";
export const NOTICES = "#/notices";

export function addressOf(id: string): string {
  return `${CONVERSATION}${encodeURIComponent(id)}`;
}

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(listen: () => void): () => void {
  addEventListener("hashchange", listen);
  return () => {
    removeEventListener("hashchange", listen);
  };
}

function placeOf(hash: string): Place {
  if (hash === NOTICES) return { kind: "notices" };
  if (!hash.startsWith(CONVERSATION)) return { kind: "nothing" };
  try {
    return { kind: "conversation", conversationId: decodeURIComponent(hash.slice(CONVERSATION.length)) };
  } catch {
    return { kind: "nothing" };
  }
}
