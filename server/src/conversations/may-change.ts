// Owns: whose edits and revocations count. WhatsApp's own apps refuse the others; a gateway passes on whatever a modified app has sent. Pure.

const sideOf = (author: string | null): "customer" | "business" => (author === "customer" ? "customer" : "business");

/** People change what their own side wrote. The business, which may run a group, also takes back what a customer wrote; never the other way round. */
export function mayChange(
  change: { readonly type: string | null; readonly author: string | null },
  target: { readonly author: string | null },
): boolean {
  const by = sideOf(change.author);
  return by === sideOf(target.author) || (by === "business" && change.type === "revoke");
}
