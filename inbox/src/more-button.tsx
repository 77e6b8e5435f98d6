// Owns: asking for the part of a list that is not read yet.
import type { ReactNode } from "react";

interface MoreButtonProps {
  readonly isLoading: boolean;
  readonly onMore: () => void;
  /** What there is more of: "Show older notices". */
  readonly children: ReactNode;
}

export function MoreButton({ isLoading, onMore, children }: MoreButtonProps) {
  return (
    <button
      type="button"
      onClick={onMore}
      disabled={isLoading}
      className="mx-auto my-3 block rounded-full px-4 py-1.5 text-sm font-medium text-accent hover:bg-raised disabled:opacity-60"
    >
      {children}
    </button>
  );
}
