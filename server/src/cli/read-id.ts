// Owns: reading an id from the command line. Refuses to know whose it is.
import { InvalidArgumentError } from "commander";
import { isUuid } from "../kernel/ids.ts";

/** A parser of an argument or an option's value. */
export function readId(written: string): string {
  if (isUuid(written)) return written;
  throw new InvalidArgumentError("It must be an id, such as 0198c2f0-0000-7000-8000-000000000000.");
}
