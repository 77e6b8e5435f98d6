// Owns: the way back to the list on a phone, where it is not beside what is read.
import { NOTHING_SELECTED } from "./use-place.ts";

export function BackLink() {
  return (
    <a
      href={NOTHING_SELECTED}
      aria-label="Back to the list"
      className="-ms-2 grid size-10 shrink-0 place-items-center rounded-full hover:bg-raised md:hidden"
    >
      <svg
        viewBox="0 0 24 24"
        className="size-6 rtl:-scale-x-100"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d="M15 5l-7 7 7 7" />
      </svg>
    </a>
  );
}
