// Owns: the picture of somebody of whom there is none. Decoration: the name is beside it.
import { initialsOf } from "./conversation-name.ts";

const COLOURS = ["bg-teal-700", "bg-sky-700", "bg-indigo-700", "bg-fuchsia-800", "bg-rose-700", "bg-amber-800", "bg-lime-800"] as const;

export function Avatar({ name }: { readonly name: string }) {
  const colour = COLOURS[sumOf(name) % COLOURS.length] ?? COLOURS[0];
  return (
    <span aria-hidden="true" className={`grid size-10 shrink-0 place-items-center rounded-full text-sm font-semibold text-white ${colour}`}>
      {initialsOf(name)}
    </span>
  );
}

/** The same for the same name, and different enough for others. */
function sumOf(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum += name.charCodeAt(at);
  return sum;
}
