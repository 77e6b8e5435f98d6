// Owns: what the parts of a template are filled with, as the checks of its parts hand it on. Refuses to know: any rule.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray } from "../kernel/read-json.ts";
import type { ParameterFormat } from "./template-definition.ts";

/** What one part of the template is filled with, and where in the message it stands. */
export interface Filling {
  /** What stands before the names of its components: "", or "carousel[1]." */
  readonly path: string;
  readonly format: ParameterFormat;
  readonly isAuthentication: boolean;
  readonly components: readonly JsonObject[];
  /** Something does not fit. */
  readonly report: (path: string, message: string) => void;
}

export function parametersOf(component: JsonObject | undefined): readonly JsonObject[] {
  return (readArray(component, "parameters") ?? []).filter(isObject);
}
