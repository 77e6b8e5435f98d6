// Proves the management of templates: limits are said before WhatsApp is asked, what it did is in the copy at once, and nobody reaches another business's.
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { newId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { createGraphTemplates } from "../whatsapp/graph-templates.ts";
import type { TemplateView } from "./template-view.ts";

const ACCOUNT = "300000000000001";
let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
beforeEach(async () => {
  engine.simulator.clearFailures();
  engine.simulator.reset({ templates: true });
  engine.simulator.config({ templateReview: "manual", templateLimit: 250 });
  for (const table of ["template_versions", "template_states", "template_accounts"]) await test.superuser.query(`delete from ${table}`);
  await engine.services.templates.sync(business.businessId);
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function call(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  { payload, as = headers }: { payload?: object; as?: typeof headers } = {},
) {
  const response = await http.app.inject({
    method,
    url: `/api/v1/templates${url}`,
    headers: as,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
const find = async (name: string): Promise<TemplateView> => {
  const [found] = (await engine.services.templates.list(business.businessId, { name, limit: 10 })).data;
  if (found === undefined) throw new Error(`no template ${name}`);
  return found;
};
const BODY: JsonObject = { type: "BODY", text: "Hi {{1}}, order {{2}} is ready.", example: { body_text: [["Ana", "#1042"]] } };
const FORM = { name: "order_is_ready", language: "pt_BR", category: "UTILITY", components: [BODY] };
const there = (name: string) => engine.simulator.templates().find((one) => one.name === name);

it("a template is made, is in the copy at once, and can be sent when it is approved", async () => {
  const made = await call("POST", "", { payload: FORM });
  expect(made).toMatchObject({
    status: 201,
    json: {
      ...FORM,
      status: "PENDING",
      obstacle: null,
      version: 1,
      accountId: ACCOUNT,
      providerId: there(FORM.name)?.id,
      parameterFormat: "POSITIONAL",
    },
  });
  expect(await call("POST", "", { payload: FORM })).toMatchObject({ status: 409, json: { code: "template_exists" } });
});

it.each<[string, object, object]>([
  [
    "with names",
    {
      name: "x",
      parameterFormat: "NAMED",
      components: [
        {
          type: "BODY",
          text: "Hi {{customer}}, it is ready.",
          example: { body_text_named_params: [{ param_name: "customer", example: "Ana" }] },
        },
      ],
    },
    { parameterFormat: "NAMED" },
  ],
  [
    "for a code",
    {
      name: "code",
      language: "en_US",
      category: "AUTHENTICATION",
      messageSendTtlSeconds: 600,
      components: [
        { type: "BODY", add_security_recommendation: true },
        { type: "FOOTER", code_expiration_minutes: 10 },
        { type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Copy" }] },
      ],
    },
    {
      details: { message_send_ttl_seconds: 600 },
      components: [{ text: "*{{1}}* is your verification code. For your security, do not share this code." }, {}, {}],
    },
  ],
  [
    "of the library",
    {
      name: "delivery_today",
      libraryTemplateName: "delivery_update_1",
      components: undefined,
      libraryTemplateButtonInputs: [
        { type: "URL", url: { base_url: "https://example.com/{{1}}", url_suffix_example: "https://example.com/1042" } },
      ],
    },
    { details: { library_template_name: "delivery_update_1" } },
  ],
])("a template %s is made as the platform makes it", async (_what, form, expected) => {
  expect(await call("POST", "", { payload: { ...FORM, ...form } })).toMatchObject({ status: 201, json: expected });
});

it("what WhatsApp would not take is said with each place, and WhatsApp is not asked", async () => {
  const before = engine.simulator.templates().length;
  const components = [
    { ...BODY, text: "{{1}} and {{2}}" },
    { type: "FOOTER", text: "x".repeat(61) },
  ];
  expect(await call("POST", "", { payload: { ...FORM, name: "Order", components } })).toMatchObject({
    status: 422,
    json: {
      code: "template_invalid",
      errors: [{ path: "name" }, { path: "components[0]" }, { path: "components[0]" }, { path: "components[1]" }],
    },
  });
  expect((await call("POST", "", { payload: { ...FORM, components: undefined } })).status).toBe(400);
  expect(engine.simulator.templates()).toHaveLength(before);
});

it("the limit of the account is said; what WhatsApp refuses is passed on in its words; what nobody knows is looked at", async () => {
  engine.simulator.config({ templateLimit: 6 });
  await engine.services.templates.sync(business.businessId);
  expect(await call("POST", "", { payload: FORM })).toMatchObject({
    status: 409,
    json: { code: "template_limit", detail: expect.stringContaining("may have 6") as string },
  });
  engine.simulator.config({ templateLimit: 250 });
  await engine.services.templates.sync(business.businessId);
  const fail = (respond: object): void => void engine.simulator.addFailure({ match: { path: "templates" }, respond });
  fail({ code: 2388293, details: "Too many variables" });
  expect(await call("POST", "", { payload: FORM })).toMatchObject({
    status: 422,
    json: { code: "platform_refused", detail: expect.stringContaining("Too many variables") as string },
  });
  fail({ code: 80007 });
  expect(await call("POST", "", { payload: FORM })).toMatchObject({ status: 503, json: { code: "platform_unavailable" } });
  fail({ drop: "after" });
  expect(await call("POST", "", { payload: FORM })).toMatchObject({
    status: 503,
    json: { detail: expect.stringContaining("may have been done") as string },
  });
  await engine.services.syncTemplates(business.businessId, ACCOUNT);
  expect(await find(FORM.name)).toMatchObject({ status: "PENDING" });
});

it("an approved template is changed once a day, its category never; a rejected one as often as one likes", async () => {
  const { id } = await find("hello_world");
  const components = [{ type: "BODY", text: "Hello to all of you." }];
  const change = (payload: object) => call("PATCH", `/${id}`, { payload });
  expect((await change({})).status).toBe(400);
  expect(await change({ category: "MARKETING" })).toMatchObject({ status: 409, json: { code: "template_not_editable" } });
  expect(await change({ components: [{ type: "BODY", text: "" }] })).toMatchObject({ status: 422, json: { code: "template_invalid" } });
  expect(await change({ components })).toMatchObject({ status: 200, json: { status: "PENDING", version: 2, components } });
  expect(await change({ components })).toMatchObject({
    status: 409,
    json: { code: "template_not_editable", detail: expect.stringContaining("PENDING") as string },
  });
  await engine.simulator.template({ name: "hello_world", event: "APPROVED", silent: true });
  await test.superuser.query("update template_states set status = 'APPROVED' where name = 'hello_world'");
  expect(await change({ components })).toMatchObject({
    status: 409,
    json: { code: "template_limit", detail: expect.stringContaining("24 hours") as string },
  });
  await test.superuser.query(
    "update template_states set edited_at = array(select now() - n * interval '2 days' from generate_series(1, 10) n) where name = 'hello_world'",
  );
  expect(await change({ components })).toMatchObject({
    status: 409,
    json: { code: "template_limit", detail: expect.stringContaining("10 times in 30 days") as string },
  });
  await engine.simulator.template({ name: "hello_world", event: "REJECTED", silent: true });
  await test.superuser.query("update template_states set status = 'REJECTED' where name = 'hello_world'");
  expect((await change({ components, category: "MARKETING" })).status).toBe(200);
  const { rows } = await test.superuser.query("select cardinality(edited_at) as n from template_states where name = 'hello_world'");
  expect(rows).toEqual([{ n: 10 }]);
});

it("a template is deleted here as there; one that WhatsApp made itself is not", async () => {
  const { id } = await find("hello_world");
  expect(await call("DELETE", `/${id}`)).toMatchObject({ status: 200, json: { status: "DELETED", obstacle: "template_deleted" } });
  expect(there("hello_world")).toBeUndefined();
  expect((await call("DELETE", `/${id}`)).status).toBe(404);
  // The list of a moment ago does not bring it back.
  await engine.services.templates.sync(business.businessId);
  expect((await engine.services.templates.list(business.businessId, { name: "hello_world", limit: 1 })).data).toEqual([]);
  const generated = await find("order_ready_named");
  await test.superuser.query(`update template_states set details = '{"source":"AUTO_GENERATED"}' where id = $1`, [generated.id]);
  expect(await call("DELETE", `/${generated.id}`)).toMatchObject({ status: 409, json: { code: "template_not_editable" } });
  expect(await call("PATCH", `/${generated.id}`, { payload: { category: "UTILITY" } })).toMatchObject({
    json: { code: "template_not_editable" },
  });
});

it("a pause is ended where WhatsApp lets it", async () => {
  const paused = await find("spring_offer");
  expect(await call("POST", `/${paused.id}/unpause`)).toMatchObject({ status: 200, json: { status: "APPROVED", obstacle: null } });
  expect(await call("POST", `/${paused.id}/unpause`)).toMatchObject({
    status: 422,
    json: { code: "platform_refused", detail: expect.stringContaining("not paused") as string },
  });
});

it("a template goes into the archive and out of it again; what is where it should be already is WhatsApp's refusal", async () => {
  const { id } = await find("hello_world");
  expect(await call("POST", `/${id}/archive`)).toMatchObject({ status: 200, json: { status: "ARCHIVED", obstacle: "template_archived" } });
  expect(await call("POST", `/${id}/archive`)).toMatchObject({ status: 422, json: { code: "platform_refused" } });
  expect(await call("POST", `/${id}/unarchive`)).toMatchObject({ status: 200, json: { status: "APPROVED", obstacle: null } });
});

it("a preview says what the customer would read, and every problem; nothing is sent", async () => {
  const { id } = await find("order_ready_named");
  const components = [{ type: "body", parameters: [{ type: "text", parameter_name: "customer", text: "Ana" }] }];
  const shown = await call("POST", `/${id}/preview`, { payload: { components } });
  expect(shown.json).toEqual({
    ...{ text: "Hello Ana, your order is ready.", problems: [], obstacle: null },
    content: { type: "template", template: { name: "order_ready_named", language: { code: "en_US" }, components } },
  });
  const wrong = [
    { type: "body", parameters: [{ type: "text", parameter_name: "day", text: "Thu" }] },
    { type: "button", sub_type: "url", index: "0" },
  ];
  expect((await call("POST", `/${id}/preview`, { payload: { components: wrong } })).json["problems"]).toMatchObject([
    { path: "body.day" },
    { path: "body.customer" },
    { path: "buttons[0]" },
  ]);
  expect((await call("POST", `/${(await find("spring_offer")).id}/preview`, { payload: {} })).json).toMatchObject({
    obstacle: "template_paused",
    problems: [{ path: "body" }],
  });
  await test.superuser.query("update template_states set components = null where id = $1", [id]);
  expect(await call("POST", `/${id}/preview`, { payload: {} })).toMatchObject({ status: 409, json: { code: "template_unknown" } });
});

it("another business reaches none of them, and several accounts have to be named", async () => {
  const other = await createTestBusiness(test.superuser);
  const as = await bearerFor(engine.database, other.businessId);
  const { id } = await find("hello_world");
  for (const [method, url] of [
    ["PATCH", ""],
    ["DELETE", ""],
    ["POST", "/unpause"],
    ["POST", "/archive"],
    ["POST", "/unarchive"],
    ["POST", "/preview"],
  ] as const) {
    const payload = method === "DELETE" ? {} : { payload: { category: "UTILITY" } };
    expect((await call(method, `/${id}${url}`, { as, ...payload })).status).toBe(404);
  }
  expect(await find("hello_world")).toMatchObject({ status: "APPROVED" });
  await engine.services.channels.create({
    businessId: other.businessId,
    provider: "cloud",
    externalId: "999",
    name: "x",
    accountId: "888888",
  });
  expect(await call("POST", "", { as, payload: FORM })).toMatchObject({
    status: 409,
    json: { code: "account_unknown", detail: expect.stringContaining("300000000000001, 888888") as string },
  });
  expect(await call("POST", "", { as, payload: { ...FORM, accountId: "888888" } })).toMatchObject({
    json: { detail: expect.stringContaining("set-token") as string },
  });
});

const PNG = Buffer.from("89504e470d0a1a0a", "hex");
const PICTURE = newId();
const CLIP = newId();
const headerOf = (format: string, handle: string): JsonObject => ({ type: "HEADER", format, example: { header_handle: [handle] } });
const keptFile = (id: string, [mimeType, bytes]: readonly [string, number], owner: string = business.businessId) =>
  test.superuser.query(
    `insert into media (business_id, id, state, mime_type, file_name, bytes, sha256, created_at, state_at)
     values ($1, $2, 'ready', $3, 'a.png', $4, repeat('a', 64), now(), now()) on conflict do nothing`,
    [owner, id, mimeType, bytes],
  );

it("a file of ours is the example of a header, on cards too: it is uploaded once, and its handle stands in the form", async () => {
  const opened: string[] = [];
  const templatePlatform = createGraphTemplates({ baseUrl: () => engine.simulator.url, version: "v26.0" });
  const mediaStore = {
    open: ({ uploadId = "" }: { readonly uploadId?: string | undefined }) => {
      opened.push(uploadId);
      return Promise.resolve(uploadId === CLIP ? undefined : Readable.from([PNG]));
    },
  };
  const { manageTemplates } = createTestServices({ database: engine.database, log: test.log, templatePlatform, mediaStore });
  const make = (name: string, components: readonly JsonObject[], category = "UTILITY") =>
    manageTemplates.create(business.businessId, { name, language: "en_US", category, parameterFormat: "POSITIONAL", components, more: {} });
  await keptFile(PICTURE, ["image/png", PNG.length]);
  await keptFile(CLIP, ["video/mp4", 10]);
  try {
    expect(await make("with_picture", [headerOf("IMAGE", PICTURE), BODY])).toMatchObject({ outcome: "done" });
    const handle = expect.stringMatching(/^4::/) as string;
    expect(there("with_picture")?.components[0]).toMatchObject({ example: { header_handle: [handle] } });
    const card = { components: [headerOf("IMAGE", PICTURE), { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "More" }] }] };
    opened.splice(0);
    const cards = [
      { type: "BODY", text: "See what is new this week." },
      { type: "CAROUSEL", cards: [card, card] },
    ];
    expect(await make("with_cards", cards, "MARKETING")).toMatchObject({ outcome: "done" });
    expect(opened).toEqual([PICTURE]);
    expect(there("with_cards")?.components[1]?.["cards"]).toMatchObject([
      { components: [{ example: { header_handle: [handle] } }, {}] },
      { components: [{ example: { header_handle: [handle] } }, {}] },
    ]);
    const misfit = (components: readonly JsonObject[]) => make("misfit", components);
    expect(await misfit([headerOf("VIDEO", PICTURE), BODY])).toMatchObject({
      ...{ outcome: "refused", code: "template_invalid", sentence: expect.stringContaining("image/png; as the example of VIDEO") },
      problems: [{ path: "components[0].example.header_handle" }],
    });
    expect(await misfit([headerOf("IMAGE", newId()), BODY])).toMatchObject({
      code: "template_invalid",
      sentence: expect.stringContaining("no file"),
    });
    expect(await misfit([headerOf("VIDEO", CLIP), BODY])).toMatchObject({
      code: "platform_refused",
      sentence: expect.stringContaining("could not be read"),
    });
    await test.superuser.query("update media set bytes = 5242881 where id = $1", [PICTURE]);
    expect(await misfit([headerOf("IMAGE", PICTURE), BODY])).toMatchObject({
      code: "template_invalid",
      sentence: expect.stringContaining("5242880"),
    });
    const stranger = await createTestBusiness(test.superuser);
    const foreign = newId();
    await keptFile(foreign, ["image/png", PNG.length], stranger.businessId);
    expect(await misfit([headerOf("IMAGE", foreign), BODY])).toMatchObject({ code: "template_invalid" });
    await test.superuser.query("update media set bytes = $2 where id = $1", [PICTURE, PNG.length]);
    engine.simulator.addFailure({ match: { path: "templates" }, respond: { status: 500 } });
    expect(await misfit([headerOf("IMAGE", PICTURE), BODY])).toMatchObject({ code: "platform_unavailable" });
    expect(there("misfit")).toBeUndefined();
  } finally {
    await templatePlatform.close();
  }
});
