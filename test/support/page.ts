import { mkdirSync } from 'node:fs';
import path from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { CHROMIUM } from './browser.js';

/** Pictures of pages for people to look at; git ignores them. */
const SCREENSHOTS = path.resolve(import.meta.dirname, '../../test-results/dashboard');

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/**
 * A window of its own, that remembers whatever its pages should not do: errors, breaches of the policy, requests to
 * other hosts.
 */
export async function openWindow(
  browser: Browser,
  base: string,
): Promise<{ context: BrowserContext; page: Page; trouble: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(90_000);
  const trouble: string[] = [];
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => { " +
      'console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`); });',
  );
  await context.addInitScript({ content: axe.source });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      trouble.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => trouble.push(String(error.error())));
  context.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url()))
      trouble.push(`a request to ${request.url()}`);
  });
  return { context, page: await context.newPage(), trouble };
}

/** @param whole the page, or what is seen of it. */
export async function screenshot(page: Page, name: string, whole = true): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // The head of a page that is scrolled would stand in its middle.
  if (whole) await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: whole });
}

/** What people with a screen reader, a keyboard, or weak eyes could not use, as axe finds it. */
export async function barriers(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<AxeResults>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) =>
          `${id}: ${target.join(' ')}: ${failureSummary?.split('\n').at(-1)?.trim() ?? ''}`,
      ),
    );
}

/**
 * Goes on with Tab, as people without a mouse do, until something has the focus. @throws when it cannot be reached.
 */
export async function tabTo(page: Page, wanted: Locator, most = 60): Promise<void> {
  await wanted.waitFor();
  for (let i = 0; i < most; i++) {
    if (await wanted.evaluate(hasFocus)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${wanted.toString()}`);
}

/** Runs in the page, whose types are not those of the tests. */
const hasFocus = (element: unknown): boolean =>
  element === (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement;

export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > innerWidth');
