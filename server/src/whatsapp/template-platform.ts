// Owns: the port through which templates of an account are read and managed, and how such a request can end. Refuses to know: databases, sends.
import type { Readable } from "node:stream";
import type { JsonObject } from "../kernel/json.ts";
import type { TemplateNode } from "./template-node.ts";

export interface AccountAccess {
  /** The WhatsApp Business Account. */
  readonly accountId: string;
  readonly accessToken: string;
}

/** It was certainly not done. */
export interface PlatformRefusal {
  readonly outcome: "refused";
  /** The platform's code; -1 without one. */
  readonly code: number;
  /** For people: what the platform said. */
  readonly sentence: string;
  /** Nothing needs to be changed: the same request may be taken later. */
  readonly mayPass: boolean;
}
/** No whole answer came: it may have been done. */
export interface PlatformUncertain {
  readonly outcome: "uncertain";
  readonly sentence: string;
}
/** The platform knows no such object, or does not show it to this token. */
export interface PlatformMissing {
  readonly outcome: "missing";
  readonly sentence: string;
}
export type PlatformFailure = PlatformRefusal | PlatformUncertain | PlatformMissing;

export interface TemplatePage {
  readonly outcome: "page";
  readonly templates: readonly TemplateNode[];
  /** Elements of the page that could not be read. */
  readonly unreadable: number;
  /** Where the next page begins; absent: this is the last. */
  readonly after?: string;
  readonly count?: number;
  readonly limit?: number;
}

/** An example of a header. */
export interface ExampleFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  /** Read once; undefined: it is not where files are kept. */
  open(): Promise<Readable | undefined>;
}

export interface TemplatePlatform {
  listTemplates(
    access: AccountAccess,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<TemplatePage | PlatformFailure>;
  readTemplate(
    access: AccountAccess,
    providerId: string,
  ): Promise<{ readonly outcome: "found"; readonly template: TemplateNode } | PlatformFailure>;
  /** What the account says of its access to `/marketing_messages`, in the platform's word. */
  readMarketingStatus(access: AccountAccess): Promise<{ readonly outcome: "read"; readonly status: string | null } | PlatformFailure>;
  createTemplate(
    access: AccountAccess,
    form: JsonObject,
  ): Promise<{ readonly outcome: "created"; readonly providerId: string } | PlatformFailure>;
  editTemplate(access: AccountAccess, providerId: string, form: JsonObject): Promise<{ readonly outcome: "done" } | PlatformFailure>;
  /** Of one language, or with the name alone of all. */
  deleteTemplate(
    access: AccountAccess,
    what: { readonly name: string; readonly providerId?: string | undefined },
  ): Promise<{ readonly outcome: "done" } | PlatformFailure>;
  /** Into the archive, or out of it. */
  archiveTemplate(
    access: AccountAccess,
    what: { readonly providerId: string; readonly archived: boolean },
  ): Promise<{ readonly outcome: "done" } | PlatformFailure>;
  /** Its handle, good for forms that are handed over soon. Whatever it ends in, no template was touched. */
  uploadExample(
    access: AccountAccess,
    file: ExampleFile,
  ): Promise<{ readonly outcome: "uploaded"; readonly handle: string } | PlatformFailure>;
  /** Ends a pause. */
  unpauseTemplate(access: AccountAccess, providerId: string): Promise<{ readonly outcome: "done" } | PlatformFailure>;
}
