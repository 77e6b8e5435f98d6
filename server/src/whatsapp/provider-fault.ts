// Owns: reading one error of the Cloud API, as it comes in statuses, messages and answers. Refuses to know: what follows from it.
import type { Json } from "../kernel/json.ts";
import type { ProviderFault } from "./events.ts";
import { isObject, readInteger, readObject, readString } from "../kernel/read-json.ts";

/** Stands for an error without a readable code. The provider uses no negative ones. */
export const NO_CODE = -1;

export function readProviderFault(node: Json | undefined): ProviderFault | undefined {
  if (!isObject(node)) return undefined;
  const message = readString(node, "message");
  const title = readString(node, "title") ?? message ?? "";
  const details = readString(readObject(node, "error_data"), "details") ?? (message === title ? undefined : message);
  const fault = { code: readInteger(node, "code") ?? NO_CODE, title };
  return details === undefined ? fault : { ...fault, details };
}
