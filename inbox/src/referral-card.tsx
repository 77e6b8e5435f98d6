// Owns: the small card above the words of a customer who came from an advertisement or a post.
import type { Referral } from "./read-referral.ts";
import { SafeLink } from "./safe-link.tsx";

export function ReferralCard({ referral: { kind, headline, body, link } }: { readonly referral: Referral }) {
  return (
    <aside aria-label={`From ${kind}`} className="mb-1.5 rounded-lg bg-raised px-3 py-2 text-sm break-words">
      <p className="text-xs text-soft">From {kind}</p>
      {headline !== undefined && (
        <p dir="auto" className="line-clamp-3 font-medium">
          {headline}
        </p>
      )}
      {body !== undefined && (
        <p dir="auto" className="line-clamp-4 whitespace-pre-line">
          {body}
        </p>
      )}
      {link !== undefined && (
        <p dir="ltr" className="mt-0.5 truncate text-xs text-soft">
          {link.address === undefined ? link.text : <SafeLink address={link.address}>{link.text}</SafeLink>}
        </p>
      )}
    </aside>
  );
}
