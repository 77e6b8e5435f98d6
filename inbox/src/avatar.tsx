// Owns: the picture of somebody of whom there is none. Decoration: the name stands beside it.
import { initialsOf } from "./conversation-name.ts";

const COLOURS = ["bg-teal-700", "bg-sky-700", "bg-indigo-700", "bg-fuchsia-800", "bg-rose-700", "bg-amber-800", "bg-lime-800"] as const;

export function Avatar({ name }: { readonly name: string }) {
  const colour = COLOURS[[...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % COLOURS.length] ?? COLOURS[0];
  return (
    <span aria-hidden="true" className={`grid size-10 shrink-0 place-items-center rounded-full text-sm font-semibold text-white ${colour}`}>
      {initialsOf(name)}
    </span>
  );
}
