// Owns: reading numbers from the command line. Refuses to know what they are for.
import { InvalidArgumentError } from "commander";

/** A parser of an option's value: a whole number within bounds, or a misunderstanding that says the bounds. */
export function readWhole(least: number, most: number): (written: string) => number {
  return (written) => {
    const value = Number(written);
    if (/^\d+$/.test(written) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${String(least)} to ${String(most)}.`);
  };
}
