// Owns: where in the form of a template a check is. Refuses to know: any rule.
import type { ParameterFormat } from "./template-definition.ts";

export interface FormPlace {
  readonly category: string;
  readonly format: ParameterFormat;
  /** Such as components[1]. */
  readonly path: string;
  readonly report: (path: string, message: string) => void;
}
