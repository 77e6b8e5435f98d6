// The inbox in a real browser, against the real server, a real PostgreSQL and the simulator.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { TestDatabase } from "../../server/test/support/test-database.ts";
import { fileOf, paste, PHOTOS_FAIL, PIXEL, startInbox, transferOf, type StartedInbox } from "./start-inbox.ts";
import { insertWaitingCall, stateOfCall } from "./tool-call-rows.ts";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const atEnd: (() => Promise<void>)[] = [];
let testDatabase: TestDatabase;
let browser: Browser;
let facts: StartedInbox["facts"];
let customer = 12_025_550_100;

beforeAll(async () => {
  ({ testDatabase, browser, facts } = await startInbox(atEnd));
});

afterAll(async () => {
  for (const step of atEnd.toReversed()) await step();
});

beforeEach(() => {
  customer += 1;
});

const phone = (): string => String(customer);

type Said = Readonly<Record<string, unknown>>;

/** What the simulator is told to do. */
async function simulate(what: string, request: Said): Promise<void> {
  const answer = await fetch(`${facts.simulatorUrl}/sim/${what}`, { method: "POST", body: JSON.stringify(request) });
  expect(answer.status).toBe(200);
}

const customerSends = (message: Said) => simulate("inbound", { from: phone(), name: `Customer ${phone()}`, ...message });
/** `riders`: what else the platform says of the message. */
const customerWrites = (text: string, riders: Said = {}) => customerSends({ text, ...riders });
/** A webhook of the account that the demo's number belongs to. */
const accountReports = (field: string, value: Said) => simulate("inbound", { raw: { field, value } });

/** What the simulator accepted for this customer; waits until there is as much. */
async function outbox(atLeast: number): Promise<unknown> {
  const answer = await fetch(`${facts.simulatorUrl}/sim/outbox?to=${phone()}&atLeast=${String(atLeast)}&waitMs=10000`);
  return answer.json();
}

const sentOnce = (text: string) => ({ total: 1, data: [{ body: { type: "text", text: { body: text } } }] });

interface ConversationRow {
  readonly id: string;
  readonly business_id: string;
  readonly ai_paused_reason: string | null;
}

async function conversationRow(): Promise<ConversationRow | undefined> {
  const { rows } = await testDatabase.superuser.query<ConversationRow>(
    `select c.id, c.business_id, c.ai_paused_reason from onethread.conversations c
       join onethread.aliases a on a.business_id = c.business_id and a.conversation_id = c.id
      where a.kind = 'phone' and a.value = $1`,
    [phone()],
  );
  return rows[0];
}

/** For this test alone. */
async function setBusiness(change: string, undo: string): Promise<void> {
  await testDatabase.superuser.query(`update onethread.businesses set ${change}`);
  onTestFinished(async () => {
    await testDatabase.superuser.query(`update onethread.businesses set ${undo}`);
  });
}

/** A tab of its own. What its console complains about fails the test. */
async function openPage(viewport = DESKTOP): Promise<Page> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    const isOfTheNetwork = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isOfTheNetwork) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`${facts.url}/inbox`);
  return page;
}

async function signIn(page: Page, apiKey = facts.apiKey): Promise<void> {
  await page.getByLabel("API key").fill(apiKey);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const row = (page: Page) => page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: `Customer ${phone()}` });
const log = (page: Page) => page.getByRole("log", { name: "Messages" });

async function openThread(page: Page): Promise<void> {
  await signIn(page);
  await row(page).click();
  await page.getByRole("heading", { name: `Customer ${phone()}` }).waitFor();
}

test("a photo, a voice note and a document that came in can be seen, heard and loaded", async () => {
  await customerSends({ type: "image", image: { caption: "this lamp" } });
  await customerSends({ type: "audio", audio: { voice: true } });
  await customerSends({ type: "document", document: { filename: "contract.pdf" } });
  const page = await openPage();
  await openThread(page);
  const photo = page.getByRole("img", { name: "this lamp" });
  await photo.waitFor();
  await expect.poll(() => photo.evaluate((image) => (image as HTMLImageElement).naturalWidth), { timeout: 10_000 }).toBeGreaterThan(0);
  await expect
    .poll(() => page.locator("audio").evaluate((sound) => (sound as HTMLAudioElement).readyState), { timeout: 10_000 })
    .toBeGreaterThan(0);
  const link = await log(page)
    .getByRole("link", { name: /contract\.pdf/ })
    .getAttribute("href");
  const file = await fetch(`${facts.url}${link ?? ""}`);
  expect(file.status).toBe(200);
  expect(file.headers.get("content-disposition")).toContain("attachment");
  expect(await log(page).getByText("Photo:").count()).toBe(0);

  await testDatabase.superuser.query(PHOTOS_FAIL);
  await page.reload();
  await log(page).getByText("The photo cannot be shown: It was too late.").waitFor();
  await page.getByRole("button", { name: "Fetch the file again" }).click();
  await photo.waitFor();
});

test("files are chosen, pasted and dropped, are uploaded at once, and reach the customer in their order with the text below the first", async () => {
  await customerWrites("Do you have a menu?");
  const page = await openPage();
  await openThread(page);
  const files = page.getByRole("list", { name: "Files to send" });
  const field = page.getByLabel("Message", { exact: true });
  await page.getByLabel("Files", { exact: true }).setInputFiles([fileOf("menu.png", PIXEL), fileOf("empty.png", "")]);
  await files.getByText("This file is empty.").waitFor();
  await field.fill("Here it is.");
  expect(await page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
  await files.getByRole("button", { name: "Remove empty.png" }).click();
  await paste(field, await transferOf(page, "pasted.png"));
  const dropped = { dataTransfer: await transferOf(page, "dropped.png") };
  await log(page).dispatchEvent("dragenter", dropped);
  await page.getByText("Let go to attach these files").waitFor();
  await log(page).dispatchEvent("drop", dropped);
  await expect.poll(() => files.locator("img").count(), { timeout: 10_000 }).toBe(3);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  expect(await outbox(3)).toMatchObject({ total: 3, data: [{ body: { image: { caption: "Here it is." } } }, {}, {}] });
  await expect.poll(() => log(page).getByRole("img", { name: "Photo" }).count(), { timeout: 10_000 }).toBe(2);
  await log(page).getByRole("img", { name: "Here it is." }).waitFor();
  expect([await files.count(), await field.inputValue()]).toEqual([0, ""]);
});

test("what a customer writes appears by itself, and an answer that is clicked twice reaches the customer once", async () => {
  await customerWrites("Is anybody there?");
  const page = await openPage();
  await openThread(page);
  await log(page).getByText("Is anybody there?").waitFor();
  await customerWrites("Hello?");
  await log(page).getByText("Hello?").waitFor();

  await page.getByLabel("Message", { exact: true }).fill("Yes, here I am.");
  await page.getByRole("button", { name: "Send", exact: true }).dblclick();
  await log(page).getByRole("img", { name: "Read" }).waitFor();

  expect(await outbox(1)).toMatchObject(sentOnce("Yes, here I am."));
  expect(await log(page).getByText("Yes, here I am.").count()).toBe(1);
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("");
});

test("an answer whose confirmation is lost on the way is sent once", async () => {
  await customerWrites("Hi");
  const page = await openPage();
  await openThread(page);
  let posts = 0;
  await page.route(/\/api\/v1\/conversations\/[^/]+\/messages/, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    posts += 1;
    if (posts > 1) return route.fallback();
    await route.fetch();
    return route.abort();
  });
  await page.getByLabel("Message", { exact: true }).fill("Only once");
  await page.keyboard.press("Enter");
  await log(page).getByRole("img", { name: "Read" }).waitFor();
  await expect.poll(() => page.getByLabel("Message", { exact: true }).inputValue(), { timeout: 10_000 }).toBe("");
  expect(posts).toBe(2);
  expect(await outbox(1)).toMatchObject(sentOnce("Only once"));
});

test("what is written for later stands at the end of the thread, can be changed, and is sent now when somebody wants it", async () => {
  await customerWrites("Remind me, please");
  const page = await openPage();
  await openThread(page);
  await page.getByRole("button", { name: "Send later" }).click();
  await page.getByLabel("Message", { exact: true }).fill("Your appointmnt is tomorrow.");
  await page.getByRole("button", { name: "Schedule", exact: true }).click();
  const scheduled = page.getByRole("region", { name: "Scheduled messages" });
  await scheduled.getByText("Your appointmnt is tomorrow.").waitFor();
  expect(await outbox(0)).toMatchObject({ total: 0 });

  await scheduled.getByRole("button", { name: "Edit" }).click();
  await scheduled.getByLabel("Scheduled message", { exact: true }).fill("Your appointment is tomorrow.");
  await scheduled.getByRole("button", { name: "Save" }).click();
  await scheduled.getByText("Your appointment is tomorrow.").waitFor();
  await scheduled.getByRole("button", { name: "Send now" }).click();
  await log(page).getByRole("img", { name: "Read" }).waitFor();
  expect(await outbox(1)).toMatchObject(sentOnce("Your appointment is tomorrow."));
  await expect.poll(() => scheduled.count()).toBe(0);
});

test("outside the 24 hours nothing can be written, and the page says why", async () => {
  await customerWrites("Long ago");
  await testDatabase.superuser.query(
    `update onethread.conversations c set last_customer_message_at = now() - interval '25 hours'
      from onethread.aliases a where a.conversation_id = c.id and a.kind = 'phone' and a.value = $1`,
    [phone()],
  );
  const page = await openPage();
  await openThread(page);
  await page.getByText("more than 24 hours ago").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).isDisabled()).toBe(true);
  expect(await page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
  expect(await row(page).getByText("Window closed").isVisible()).toBe(true);
});

test("whoever pauses the AI sees it in the thread and in the list, until it is resumed", async () => {
  await customerWrites("A person, please");
  const page = await openPage();
  await openThread(page);
  await page.getByRole("button", { name: "Pause AI" }).click();
  await page.getByRole("button", { name: "Resume AI" }).waitFor();
  await row(page).getByText("AI paused").waitFor();
  expect((await conversationRow())?.ai_paused_reason).toBe("inbox");
  await page.getByRole("button", { name: "Resume AI" }).click();
  await page.getByRole("button", { name: "Pause AI" }).waitFor();
  await row(page).getByText("AI paused").waitFor({ state: "detached" });
});

test("a chat that another app has says so, and is taken over", async () => {
  await simulate("config", { routing: { role: "escalation" } });
  onTestFinished(() => simulate("config", { routing: null }));
  await customerWrites("A person, please");
  await simulate("threads", { to: phone(), owner: "other", role: "ai_agent" });
  const page = await openPage();
  await openThread(page);
  const banner = page.getByRole("status", { name: "Whose chat this is" });
  await banner.getByText("Another app has this chat: WhatsApp’s AI agent").waitFor();
  await page.getByText("WhatsApp refuses what is written here").waitFor();
  await banner.getByRole("button", { name: "Take over" }).click();
  await banner.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Pause AI" }).waitFor();
  const threads: unknown = await (await fetch(`${facts.simulatorUrl}/sim/threads`)).json();
  expect(threads).toMatchObject({ data: [{ customer: phone(), owner: "us" }] });
});

test("each burst shows how its turn ended, and the details when somebody asks", async () => {
  await setBusiness("ai_enabled = true", "ai_enabled = false");
  await customerWrites("When are you open on Sunday?");
  const page = await openPage();
  await openThread(page);
  await log(page)
    .getByText(/^AI answered · from “.+”$/)
    .click();
  await log(page).getByRole("definition").getByText("knowledge", { exact: true }).waitFor();
  await customerWrites("Do dragons file taxes?");
  await log(page).getByText("Handed to a person: nothing found in the texts").waitFor();
  const banner = page.getByRole("status", { name: "AI paused" });
  await banner.getByText("nothing found in the texts").waitFor();
  await customerWrites("Hello??");
  await log(page).getByText("Not answered by the AI: a person answers").waitFor();

  await banner.getByRole("button", { name: "Resume AI" }).click();
  await banner.waitFor({ state: "detached" });
  await customerWrites("When are you open on Sunday?");
  await expect
    .poll(
      () =>
        log(page)
          .getByText(/^AI answered/)
          .count(),
      { timeout: 10_000 },
    )
    .toBe(2);
});

test("while the AI is off, each burst says so", async () => {
  await customerWrites("Anybody?");
  const page = await openPage();
  await openThread(page);
  await log(page).getByText("Not answered by the AI: the AI is off").waitFor();
});

test("whoever writes takes over: the AI pauses with it, and the thread says until when", async () => {
  await setBusiness("ai_enabled = true, handoff_pause_ms = 3600000", "ai_enabled = false, handoff_pause_ms = null");
  await customerWrites("When are you open on Sunday?");
  const page = await openPage();
  await openThread(page);
  await log(page)
    .getByText(/^AI answered/)
    .waitFor();
  await page.getByLabel("Message", { exact: true }).fill("Anything else I can do for you?");
  await page.keyboard.press("Enter");
  await log(page).getByText("Your team").waitFor();
  await page
    .getByRole("status", { name: "AI paused" })
    .getByText(/somebody answers in the inbox.*until (?:tomorrow, )?\d/)
    .waitFor();
  expect((await conversationRow())?.ai_paused_reason).toBe("inbox");
  await customerWrites("When are you open on Sunday?");
  await log(page).getByText("Not answered by the AI: a person answers").waitFor();
  expect(
    await log(page)
      .getByText(/^AI answered/)
      .count(),
  ).toBe(1);
});

test("what the AI may do only with approval is approved or denied in the thread", async () => {
  await customerWrites("A table for two on Friday, please");
  const page = await openPage();
  await openThread(page);
  await log(page).getByText("Not answered by the AI").waitFor();
  for (const [button, tool, state] of [
    ["Approve", "book_table", "approved"],
    ["Deny", "cancel_table", "denied"],
  ] as const) {
    const id = await insertWaitingCall(testDatabase.superuser, await conversationRow(), tool);
    const card = page.getByRole("region", { name: tool });
    await card.getByText("Friday, 10:30").waitFor();
    await card.getByRole("button", { name: button }).click();
    await card.waitFor({ state: "detached" });
    expect(await stateOfCall(testDatabase.superuser, id)).toBe(state);
  }
});

test("a message that WhatsApp refuses for good is marked, with the reason", async () => {
  await customerWrites("Hi");
  const rule = { match: { path: "messages", to: phone() }, times: 1, respond: { code: 131_026, details: "Message undeliverable." } };
  await fetch(`${facts.simulatorUrl}/sim/failures`, { method: "POST", body: JSON.stringify(rule) });
  const page = await openPage();
  await openThread(page);
  await page.getByLabel("Message", { exact: true }).fill("Can you read this?");
  await page.keyboard.press("Enter");
  await log(page).getByRole("img", { name: "Not delivered" }).waitFor();
  await log(page)
    .getByText(/^Not delivered\. ./)
    .waitFor();
  expect(await outbox(0)).toMatchObject({ total: 0 });
  await log(page).getByRole("button", { name: "Send again" }).click();
  await log(page).getByText("Sent again, below.").waitFor();
  expect(await outbox(1)).toMatchObject(sentOnce("Can you read this?"));
});

test("a message of which nobody knows whether it was sent is settled by a person, or sent again", async () => {
  await customerWrites("Hi");
  const page = await openPage();
  await openThread(page);
  for (const text of ["First", "Second"]) {
    const rule = { match: { path: "messages", to: phone() }, times: 1, respond: { code: 131_000, details: "Something went wrong." } };
    await fetch(`${facts.simulatorUrl}/sim/failures`, { method: "POST", body: JSON.stringify(rule) });
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.keyboard.press("Enter");
    await log(page).getByRole("img", { name: "Outcome unknown" }).waitFor();
    await log(page)
      .getByRole("button", { name: text === "First" ? "It arrived" : "It did not: send again" })
      .click();
    await log(page).getByRole("img", { name: "Outcome unknown" }).waitFor({ state: "detached" });
  }
  expect(await outbox(1)).toMatchObject(sentOnce("Second"));
});

test("a customer who writes STOP is shown as opted out, is told so, and cannot be written to until they ask something", async () => {
  await customerWrites("STOP");
  const page = await openPage();
  await openThread(page);
  await log(page)
    .getByText(/we will not send you any more messages/)
    .waitFor();
  await page.getByText("This customer asked not to be written to.").waitFor();
  await customerWrites("Just one thing: where is my order?");
  await page.getByLabel("Message", { exact: true }).fill("On its way.");
  await page.keyboard.press("Enter");
  await log(page).getByRole("img", { name: "Read" }).last().waitFor();
});

test("a wrong key opens nothing, and the page says so", async () => {
  const page = await openPage();
  await signIn(page, "ot_wrong");
  await page.getByRole("alert").getByText("This API key is not known here").waitFor();
  expect(await page.getByRole("navigation", { name: "Conversations" }).count()).toBe(0);
});

test("a key that is revoked while somebody reads signs them out", async () => {
  await customerWrites("Hi");
  const page = await openPage();
  await openThread(page);
  await page.route("**/api/v1/**", (route) => route.fulfill({ status: 401, contentType: "application/problem+json", body: REVOKED }));
  await page.getByRole("alert").getByText("no longer accepted").waitFor();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

const REVOKED = JSON.stringify({
  type: "urn:onethread:problem:unauthorised",
  title: "Unauthorised",
  status: 401,
  detail: "Unknown key.",
  code: "unauthorised",
});

test("a phone shows the list or the thread, and back leads to the list", async () => {
  await customerWrites("From my phone to yours");
  const page = await openPage(PHONE);
  await openThread(page);
  expect(await row(page).isVisible()).toBe(false);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`Customer ${phone()}`);
  await page.getByRole("link", { name: "Back to the list" }).click();
  await row(page).waitFor();
  expect(await log(page).isVisible()).toBe(false);
});

test("a thread can be opened and answered with the keyboard alone", async () => {
  await customerWrites("No mouse here");
  const page = await openPage();
  await page.locator("input:focus").waitFor();
  await page.keyboard.type(facts.apiKey);
  await page.keyboard.press("Enter");
  await row(page).waitFor();
  await row(page).focus();
  await page.keyboard.press("Enter");
  await log(page).getByText("No mouse here").waitFor();
  for (let presses = 0; presses < 100; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.tagName === "TEXTAREA")) break;
  }
  await page.keyboard.type("Two lines:");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("this is the second");
  await page.keyboard.press("Enter");
  expect(await outbox(1)).toMatchObject(sentOnce("Two lines:\nthis is the second"));
});

test("the page runs its own files and nothing else", async () => {
  const answer = await fetch(`${facts.url}/inbox/`);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
  const asset = /assets\/[\w-]+\.js/.exec(await answer.text())?.[0] ?? "";
  expect((await fetch(`${facts.url}/inbox/${asset}`)).headers.get("cache-control")).toContain("immutable");
  expect((await fetch(`${facts.url}/inbox/..%2fpackage.json`)).status).toBeGreaterThanOrEqual(400);
});

test("a text reads in the direction of its language, with WhatsApp's marks drawn, links that can be followed, and nobody's HTML", async () => {
  await customerWrites("שלום, *מתי* אתם פתוחים?");
  await customerWrites("see https://acme.example/menu or <img src=x onerror=alert(1)> _soon_");
  const page = await openPage();
  await openThread(page);
  const hebrew = log(page).locator("p[dir=auto]", { hasText: "פתוחים" });
  await hebrew.waitFor();
  expect(await hebrew.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  expect(await hebrew.locator("strong").textContent()).toBe("מתי");
  expect(await log(page).getByRole("link", { name: "https://acme.example/menu" }).getAttribute("rel")).toContain("noopener");
  expect(await page.locator("img[src=x]").count()).toBe(0);

  const field = page.getByLabel("Message", { exact: true });
  await field.fill("אני");
  expect(await field.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  // As Safari tells the Enter that ends a composed word: the composition is over, and only the key code says what it was.
  await field.evaluate((element) =>
    // oxlint-disable-next-line typescript/no-deprecated -- Safari shows it in no other way
    element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })),
  );
  expect(await field.inputValue()).toBe("אני");
  await field.pressSequentially(" כאן");
  await field.press("Enter");
  await log(page).getByRole("img", { name: "Read" }).waitFor();
  expect(await outbox(1)).toMatchObject(sentOnce("אני כאן"));
});

test("quotes, lists and code have lines of their own, and a link shows where it leads", async () => {
  await customerWrites(
    "> you said *eight*\nSo I need:\n- rye\n- seed loaf\n1. today\n```\nORDER-7\n```\nhttps://en.wikipedia.org/wiki/Rye_(bread)",
  );
  await customerWrites("https://paypal.com@evil.example/ or https://evil.example/\u202Efdp.exe");
  const page = await openPage();
  await openThread(page);
  await log(page).getByRole("link", { name: "https://en.wikipedia.org/wiki/Rye_(bread)", exact: true }).waitFor();
  expect(await log(page).locator("blockquote strong").textContent()).toBe("eight");
  expect(await log(page).locator("ul[dir=auto] > li").allTextContents()).toEqual(["rye", "seed loaf"]);
  expect(await log(page).locator("ol[dir=auto] > li").allTextContents()).toEqual(["today"]);
  expect(await log(page).locator("pre").textContent()).toBe("ORDER-7");
  const link = log(page).getByRole("link", { name: "https://evil.example/fdp.exe", exact: true });
  expect(await link.getAttribute("href")).toBe("https://evil.example/fdp.exe");
  expect(await log(page).getByRole("link").count()).toBe(2);
});

test("a person who came from an ad shows which, and a quote of an unknown message says that it is one", async () => {
  const referral = { source_type: "ad", source_url: "https://fb.me/seed-loaf", headline: "خبز بالبذور", body: "Baked tonight, yours at 8" };
  await customerWrites("hi", { referral });
  await customerWrites("this one, please", { context: { id: "wamid.nobody-knows" } });
  const page = await openPage();
  await openThread(page);
  const card = log(page).getByRole("complementary", { name: "From an ad" });
  await card.getByText("Baked tonight, yours at 8").waitFor();
  expect(await card.getByText("خبز بالبذور").evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  expect(await card.getByRole("link", { name: "https://fb.me/seed-loaf" }).getAttribute("rel")).toContain("noopener");
  await log(page).getByText("Quotes an earlier message").waitFor();
});

test("in the list a name and the last words read in their own direction, from their beginning", async () => {
  const words = "مرحبا، هل لديكم خبز الجاودار مع البذور لهذا المساء؟ أحتاج إلى ثلاثة أرغفة كبيرة قبل الساعة الثامنة";
  await customerWrites(words, { name: "نور الهدى" });
  const page = await openPage();
  await signIn(page);
  const entry = page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: "نور الهدى" });
  for (const text of ["نور الهدى", words]) {
    const shown = entry.getByText(text);
    await shown.waitFor();
    expect(await shown.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
    expect(await shown.evaluate((element) => element.scrollLeft)).toBe(0);
  }
});

test("what WhatsApp reports of a number stands above everything until it is over, and is kept among the notices", async () => {
  const page = await openPage();
  await signIn(page);
  await page.getByRole("link", { name: "Notices" }).click();
  await page.getByText("Nothing has been reported yet").waitFor();
  await accountReports("account_update", { event: "PARTNER_REMOVED" });
  await accountReports("message_template_status_update", {
    event: "REJECTED",
    message_template_name: "winter_offer",
    message_template_language: "he",
    reason: "PROMOTIONAL",
  });
  await page.reload();
  const banner = page.getByRole("status", { name: "Channels" });
  await banner.getByText(/took this app's access to its account away.*Connect the account again/).waitFor();
  expect(await banner.textContent()).toContain("15550100200");
  const notices = page.getByRole("list", { name: "Notices" }).getByRole("listitem");
  await notices.filter({ hasText: "winter_offer" }).getByText("Warning").waitFor();
  await notices.filter({ hasText: "took this app's access" }).getByText("Critical").waitFor();
  await accountReports("account_update", { event: "PARTNER_ADDED" });
  await page.reload();
  await notices.filter({ hasText: "The app has access to this account." }).waitFor();
  await expect.poll(() => banner.textContent(), { timeout: 10_000 }).toBe("");
});

test("on a phone all that is wrong with the numbers is one line, which opens; and a list shows no marks of WhatsApp", async () => {
  await customerWrites("> you said *eight*\n*Hours* for _rye_?");
  const number = { display_phone_number: "15550100200" };
  const restriction_info = [{ restriction_type: "RESTRICTED_BIZ_INITIATED_MESSAGING" }];
  await accountReports("phone_number_quality_update", { ...number, event: "FLAGGED" });
  await accountReports("account_update", { event: "ACCOUNT_RESTRICTION", restriction_info });
  onTestFinished(async () => {
    await testDatabase.superuser.query("delete from onethread.channel_signals");
  });
  const page = await openPage(PHONE);
  await signIn(page);
  await row(page).getByText("you said eight Hours for rye?").waitFor();
  const banner = page.getByRole("status", { name: "Channels" });
  const details = banner.getByRole("button", { name: /cannot begin conversations.*\+1 Details/ });
  await details.waitFor();
  expect((await banner.boundingBox())?.height).toBeLessThan(48);
  expect(await banner.textContent()).not.toContain("RESTRICTED_");
  await details.click();
  await banner.getByText(/flagged its quality/).waitFor();
  expect(await banner.getByRole("listitem").count()).toBe(2);
  await banner.getByRole("button", { name: "Close" }).click();
  await details.waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
});

test("notices that cannot be read say so, and older ones come page by page", async () => {
  await testDatabase.superuser.query(
    `insert into onethread.notices (business_id, id, received_at, at, provider, field, severity, sentence, digest)
     select b.id, gen_random_uuid(), now() - interval '1 year', now() - n * interval '1 day' - interval '1 year', 'cloud', 'account_alerts', 'info',
            'Alert ' || n || '.', sha256(n::text::bytea)
       from onethread.businesses b cross join generate_series(1, 60) n`,
  );
  const page = await openPage(PHONE);
  await signIn(page);
  await page.route("**/api/v1/notices*", (route) => route.abort());
  await page.getByRole("link", { name: "Notices" }).click();
  await page.getByRole("heading", { name: "Notices" }).waitFor();
  await page.getByText("The server cannot be reached").waitFor();
  await page.unrouteAll();
  await page.reload();
  const alerts = page.getByRole("list", { name: "Notices" }).getByText(/^Alert \d+\.$/);
  await alerts.first().waitFor();
  await page.getByRole("button", { name: "Show older notices" }).click();
  await expect.poll(() => alerts.count(), { timeout: 10_000 }).toBe(60);
  await page.getByRole("link", { name: "Back to the list" }).click();
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
});
