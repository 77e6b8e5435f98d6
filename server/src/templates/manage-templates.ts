// Owns: making, changing and deleting templates through the platform, with its limits said before it is asked; what it did is in the local copy at once.
// Refuses to know: HTTP, sends.
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { FaultCode, FieldError } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readString } from "../kernel/read-json.ts";
import { checkTemplateComponents, checkTemplateForm, type FormProblem, type TemplateForm } from "../whatsapp/template-form.ts";
import type { AccountAccess, PlatformFailure, TemplatePlatform } from "../whatsapp/template-platform.ts";
import { type ExampleDeps, type FindExampleFile, withExampleHandles } from "./example-files.ts";
import { countEdits, findAccountAccess, findTemplateId, noteDeletion, noteEdit } from "./manage-templates.queries.ts";
import { recordNodes } from "./record-nodes.ts";
import { askForTemplates } from "./template-accounts.queries.ts";
import { templateViewOf, type TemplateView } from "./template-view.ts";
import { findTemplate } from "./templates.queries.ts";

/** Nothing was changed, unless the sentence says that it may have been. */
export interface ManageRefusal {
  readonly outcome: "refused";
  readonly code: FaultCode;
  readonly sentence: string;
  readonly problems: readonly FieldError[];
}
export type ManageOutcome =
  | { readonly outcome: "done"; readonly template: TemplateView }
  | { readonly outcome: "not_found" }
  | ManageRefusal;

export interface NewTemplate extends TemplateForm {
  /** Needed when the business has several. */
  readonly accountId?: string | undefined;
  /** Further fields, as WhatsApp calls them. */
  readonly more: JsonObject;
}

export interface TemplateChange {
  readonly components?: readonly JsonObject[] | undefined;
  readonly category?: string | undefined;
  readonly more: JsonObject;
}

export interface ManageTemplates {
  create(businessId: BusinessId, form: NewTemplate): Promise<ManageOutcome>;
  /** Replaces all components. */
  edit(businessId: BusinessId, id: string, change: TemplateChange): Promise<ManageOutcome>;
  remove(businessId: BusinessId, id: string, options: { readonly allLanguages: boolean }): Promise<ManageOutcome>;
  /** Into the archive, where nothing of it is sent and WhatsApp deletes it after 28 days; or out of it. */
  archive(businessId: BusinessId, id: string, archived: boolean): Promise<ManageOutcome>;
  /** Ends a pause. */
  unpause(businessId: BusinessId, id: string): Promise<ManageOutcome>;
}

export interface ManageTemplatesDeps {
  readonly database: Database;
  readonly platform: TemplatePlatform;
  readonly findFile: FindExampleFile;
}

const EDITABLE = ["APPROVED", "REJECTED", "PAUSED"];
const EDITS_A_DAY = 1;
const EDITS_A_MONTH = 10;

/** Ends a request early. */
class Refused extends Error {
  readonly refusal: ManageRefusal;
  constructor(code: FaultCode, sentence: string, problems: readonly FieldError[] = []) {
    super(sentence);
    this.refusal = { outcome: "refused", code, sentence, problems };
  }
}

type TemplateRow = Row<typeof findTemplate>;
interface Owned {
  readonly row: TemplateRow;
  readonly providerId: string;
  readonly access: AccountAccess;
}

export function createManageTemplates({ database, platform, findFile }: ManageTemplatesDeps): ManageTemplates {
  async function shown(db: BusinessDatabase, id: string): Promise<ManageOutcome> {
    const [row] = await db.run(findTemplate, { id });
    return row === undefined ? { outcome: "not_found" } : { outcome: "done", template: templateViewOf(row) };
  }

  /** The copy as the platform has it now; where it does not say, it is read a little later. */
  async function readNow(db: BusinessDatabase, { access, providerId }: Pick<Owned, "access" | "providerId">): Promise<void> {
    const found = await platform.readTemplate(access, providerId);
    if (found.outcome === "found") await recordNodes(db, { accountId: access.accountId, templates: [found.template] });
  }

  async function owned(db: BusinessDatabase, id: string): Promise<Owned | undefined> {
    const [row] = await db.run(findTemplate, { id });
    if (row === undefined || row.status === "DELETED") return undefined;
    const [access] = await db.run(findAccountAccess, { accountId: row.account_id });
    const accessToken = access?.access_token ?? undefined;
    if (row.provider_id === null || accessToken === undefined)
      throw new Refused(
        "account_unknown",
        "This template cannot be reached: its account has no channel with an access token, or it was never read. Nothing was changed.",
      );
    return { row, providerId: row.provider_id, access: { accountId: row.account_id, accessToken } };
  }

  /** Runs `work` on a template of the business; what refuses it is an outcome. */
  async function onTemplate(
    businessId: BusinessId,
    id: string,
    work: (db: BusinessDatabase, template: Owned) => Promise<void>,
  ): Promise<ManageOutcome> {
    const db = database.forBusiness(businessId);
    return orRefusal(async () => {
      const template = await owned(db, id);
      if (template === undefined) return { outcome: "not_found" };
      await work(db, template);
      return shown(db, id);
    });
  }

  return {
    create: (businessId, form) =>
      orRefusal(() => create({ businessId, db: database.forBusiness(businessId), platform, findFile, readNow, shown }, form)),
    edit: (businessId, id, change) =>
      onTemplate(businessId, id, async (db, template) => {
        const counts = await refuseEdit(db, template.row, change);
        const form = {
          ...change.more,
          ...(change.components === undefined
            ? {}
            : { components: await handled({ businessId, platform, findFile }, template.access, change.components) }),
          ...(change.category === undefined ? {} : { category: change.category }),
        };
        const edited = await platform.editTemplate(template.access, template.providerId, form);
        if (edited.outcome === "done" || edited.outcome === "uncertain") await db.execute(noteEdit, { id, counts });
        if (edited.outcome !== "done") throw failed(edited);
        await readNow(db, template);
      }),
    remove: (businessId, id, { allLanguages }) =>
      onTemplate(businessId, id, async (db, { row, providerId, access }) => {
        if (isGenerated(row))
          throw new Refused(
            "template_not_editable",
            "WhatsApp made this template for Direct Send: it cannot be deleted. Nothing was changed.",
          );
        const gone = await platform.deleteTemplate(access, { name: row.name, providerId: allLanguages ? undefined : providerId });
        if (gone.outcome !== "done") {
          if (gone.outcome === "uncertain") await db.run(askForTemplates, { accountId: access.accountId });
          throw failed(gone);
        }
        await db.execute(noteDeletion, { accountId: access.accountId, name: row.name, language: allLanguages ? null : row.language });
      }),
    archive: (businessId, id, archived) =>
      onTemplate(businessId, id, async (db, template) => {
        const moved = await platform.archiveTemplate(template.access, { providerId: template.providerId, archived });
        await db.execute(noteEdit, { id, counts: false });
        if (moved.outcome !== "done") throw failed(moved);
        await readNow(db, template);
      }),
    unpause: (businessId, id) =>
      onTemplate(businessId, id, async (db, template) => {
        const ended = await platform.unpauseTemplate(template.access, template.providerId);
        await db.execute(noteEdit, { id, counts: false });
        if (ended.outcome !== "done") throw failed(ended);
        await readNow(db, template);
      }),
  };
}

interface WithExamples extends ExampleDeps {
  readonly businessId: BusinessId;
}

/** With the handles of the files that it names as examples. */
async function handled(
  { businessId, ...deps }: WithExamples,
  access: AccountAccess,
  components: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const end = await withExampleHandles(deps, { businessId, access }, components);
  switch (end.outcome) {
    case "ready":
      return end.components;
    case "misfit":
      throw new Refused("template_invalid", `${end.problem.path}: ${end.problem.message} Nothing was changed.`, [end.problem]);
    case "uncertain":
      // No template was touched: it may be asked for again.
      throw new Refused("platform_unavailable", `${end.sentence} The example was not uploaded, and nothing was changed.`);
    case "refused":
    case "missing":
      throw failed(end);
  }
}

interface Creation extends WithExamples {
  readonly db: BusinessDatabase;
  readonly readNow: (db: BusinessDatabase, template: Pick<Owned, "access" | "providerId">) => Promise<void>;
  readonly shown: (db: BusinessDatabase, id: string) => Promise<ManageOutcome>;
}

async function create({ db, readNow, shown, ...examples }: Creation, form: NewTemplate): Promise<ManageOutcome> {
  const { name, language, category, parameterFormat, more } = form;
  const { platform } = examples;
  refuseForm(checkTemplateForm(form));
  const access = await accessOf(db, form.accountId);
  const place = { accountId: access.accountId, name, language };
  if ((await db.run(findTemplateId, place)).length > 0)
    throw new Refused(
      "template_exists",
      `The account has a template "${name}" in ${language} already. Nothing was made; change that one, or choose another name.`,
    );
  const components = form.components === undefined ? undefined : await handled(examples, access, form.components);
  const created = await platform.createTemplate(access, {
    ...more,
    ...{ name, language, category },
    ...(components === undefined ? {} : { components, parameter_format: parameterFormat }),
  });
  if (created.outcome !== "created") {
    if (created.outcome === "uncertain") await db.run(askForTemplates, { accountId: access.accountId });
    throw failed(created);
  }
  const { providerId } = created;
  await readNow(db, { access, providerId });
  const [known] = await db.run(findTemplateId, place);
  if (known !== undefined) return shown(db, known.id);
  // It is there, and could not be read: as it was asked for, until it is.
  const node = { providerId, name, language, status: "PENDING", category, parameterFormat, components: components ?? [] };
  await recordNodes(db, { accountId: access.accountId, templates: [{ ...node, quality: undefined, reason: undefined, details: {} }] });
  await db.run(askForTemplates, { accountId: access.accountId });
  const [made] = await db.run(findTemplateId, place);
  return made === undefined ? { outcome: "not_found" } : shown(db, made.id);
}

async function accessOf(db: BusinessDatabase, accountId: string | undefined): Promise<AccountAccess> {
  const accounts = await db.run(findAccountAccess, { accountId });
  const [only] = accounts;
  if (only === undefined)
    throw new Refused(
      "account_unknown",
      "No channel of this business belongs to such a WhatsApp Business Account. Nothing was made; say it with `onethread channel set-account`.",
    );
  if (accounts.length > 1)
    throw new Refused(
      "account_unknown",
      `This business has ${accounts.length} accounts: name one with accountId (${accounts.map((one) => one.account_id).join(", ")}). Nothing was made.`,
    );
  if (only.access_token === null)
    throw new Refused(
      "account_unknown",
      "No channel of this account has an access token. Nothing was made; set one with `onethread channel set-token`.",
    );
  if (only.template_limit !== null && only.template_count >= only.template_limit)
    throw new Refused(
      "template_limit",
      `The account has ${only.template_count} templates, and may have ${only.template_limit}. Nothing was made; delete one first.`,
    );
  return { accountId: only.account_id, accessToken: only.access_token };
}

const isGenerated = (row: TemplateRow): boolean => readString(row.details, "source") === "AUTO_GENERATED";

/** True when the change is one of those that WhatsApp counts: of an approved template, and of more than its price. */
async function refuseEdit(db: BusinessDatabase, row: TemplateRow, { components, category, more }: TemplateChange): Promise<boolean> {
  const status = (row.status ?? "").toUpperCase();
  if (isGenerated(row))
    throw new Refused("template_not_editable", "WhatsApp made this template for Direct Send: it cannot be changed. Nothing was changed.");
  if (!EDITABLE.includes(status))
    throw new Refused(
      "template_not_editable",
      `The template is ${row.status ?? "not known yet"}: WhatsApp takes changes of those that are ${EDITABLE.join(", ")} only. Nothing was changed.`,
    );
  const isApproved = status === "APPROVED";
  if (isApproved && category !== undefined && category !== row.category?.toUpperCase())
    throw new Refused("template_not_editable", "The category of an approved template cannot be changed. Nothing was changed.");
  if (components !== undefined)
    refuseForm(problemsOf(components, { category: category ?? row.category ?? "", format: row.parameter_format }));
  if (!isApproved || (components === undefined && more["optimization_spec"] !== undefined)) return false;
  const [edits] = await db.run(countEdits, { id: row.id });
  if ((edits?.in_a_day ?? 0) >= EDITS_A_DAY)
    throw new Refused("template_limit", "An approved template can be changed once in 24 hours, and this one was. Nothing was changed.");
  if ((edits?.in_a_month ?? 0) >= EDITS_A_MONTH)
    throw new Refused(
      "template_limit",
      `An approved template can be changed ${EDITS_A_MONTH} times in 30 days, and this one was. Nothing was changed.`,
    );
  return true;
}

function problemsOf(
  components: readonly JsonObject[],
  { category, format }: { readonly category: string; readonly format: string | null },
): readonly FormProblem[] {
  const problems: FormProblem[] = [];
  const report = (path: string, message: string): void => void problems.push({ path, message });
  const place = { category: category.toUpperCase(), path: "components", report };
  checkTemplateComponents(components, { ...place, format: format === "NAMED" ? "NAMED" : "POSITIONAL" });
  return problems;
}

function refuseForm(problems: readonly FormProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const others = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  throw new Refused("template_invalid", `${first.path}: ${first.message}${others} Nothing was changed.`, problems);
}

function failed(failure: PlatformFailure): Refused {
  if (failure.outcome === "uncertain")
    return new Refused(
      "platform_unavailable",
      `${failure.sentence} It may have been done all the same: the templates are read anew, look before you ask again.`,
    );
  const mayPass = failure.outcome === "refused" && failure.mayPass;
  return new Refused(mayPass ? "platform_unavailable" : "platform_refused", `${failure.sentence} Nothing was changed.`);
}

async function orRefusal(work: () => Promise<ManageOutcome>): Promise<ManageOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}
