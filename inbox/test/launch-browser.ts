import chromium from "@sparticuz/chromium";
import { chromium as playwright, type Browser } from "playwright-core";

// One process for all would end with its first page; and the page's own rules must hold, as they do for users.
const UNWANTED = new Set(["--single-process", "--disable-web-security"]);
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** The Chromium that `npm ci` brings. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const args = [...chromium.args.filter((arg) => !UNWANTED.has(arg)), ...QUIET];
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}
