// Owns: the heading of what is open, which takes the focus where the list with the link that was followed is gone.
import { useEffect, useRef } from "react";

export function PaneHeading({ name }: { readonly name: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On a phone the list with the link that was followed is gone: the focus must not be lost with it.
    if (document.activeElement === document.body || document.activeElement?.checkVisibility() === false) heading.current?.focus();
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} dir="auto" className="w-fit max-w-full truncate text-start font-semibold outline-none">
      {name}
    </h2>
  );
}
