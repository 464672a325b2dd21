import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobDetail } from '../../src/dashboard/schemas/jobs.js';
import { importFile } from '../../src/models/import.js';
import { CHROMIUM } from '../support/browser.js';
import { Cli, decodedFrames, eventually } from '../support/cli.js';
import { writeManyJobs } from '../support/manyJobs.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { barriers, isTooWide, launchBrowser, openWindow, screenshot, tabTo } from '../support/page.js';

const FRAMES = 100;
const SIZE = { width: 128, height: 96 };
const LONG =
  'an episode whose name is so long that there is no line on any screen that it would fit into, part 1 of 2.mp4';

const cli = new Cli({
  REELSCALE_CHECKPOINT_SECONDS: '1',
  REELSCALE_DASHBOARD_PORT: '0',
  REELSCALE_SETTLE_SECONDS: '1',
});
const clip = cli.file('media/the first clip.mp4');
let browser: Browser;
let base: string;
/** As the link has it that is printed. */
let token: string;
let page: Page;
let trouble: string[];
let key: string;

describe.skipIf(CHROMIUM === undefined)('the dashboard in a browser', () => {
  beforeAll(async () => {
    const up = cli.start(['up'], { REELSCALE_DASHBOARD_FOLDERS: cli.file('media') });
    let said = '';
    up.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    mkdirSync(path.dirname(clip));
    [browser] = await Promise.all([
      launchBrowser(),
      makeClip(clip, { seconds: FRAMES / 25, size: `${SIZE.width}x${SIZE.height}` }),
    ]);
    await importFile(await tinyModel(cli.file('slow.onnx'), { scale: 2, work: 8 }), {
      modelsRoot: path.join(cli.home, 'models'),
    });
    [base, token] = (await eventually('the dashboard is there', () =>
      /^open (\S+)\?token=(\S+)$/m.exec(said)?.slice(1),
    )) as [string, string];
    ({ page, trouble } = await openWindow(browser, base));
  });

  afterAll(async () => {
    await browser.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screenshot(page, 'failed');
  });

  it('lets nobody in with a wrong token, neither to the page, nor to the interface, nor to the stream', async () => {
    const { context, page: stranger } = await openWindow(browser, base);
    const statuses = (headers: Record<string, string>): Promise<number[]> =>
      Promise.all(
        ['api/jobs', 'api/events', 'api/overview', 'api/openapi.json'].map(async (target) =>
          (await context.request.get(`${base}${target}`, { headers })).status(),
        ),
      );
    await stranger.goto(base);
    await stranger.getByLabel('Token').fill('a-token-that-is-not-it');
    await stranger.getByRole('button', { name: 'Come in' }).click();
    await stranger.getByText('That is not the token.').waitFor();
    expect(await stranger.getByRole('link', { name: 'New job' }).count()).toBe(0);
    expect(await statuses({})).toEqual([401, 401, 401, 401]);
    expect(await statuses({ authorization: 'Bearer wrong' })).toEqual([401, 401, 401, 401]);
    expect(
      await stranger.evaluate(
        "new Promise((done) => { const source = new EventSource('/api/events'); " +
          "source.onopen = () => done('open'); source.onerror = () => done('refused'); })",
      ),
    ).toBe('refused');
    await stranger.getByLabel('Token').fill(token);
    await stranger.getByRole('button', { name: 'Come in' }).press('Enter');
    await stranger.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    expect((await context.request.get(`${base}api/jobs`)).status()).toBe(200);
    await context.close();

    await page.goto(base);
    await page.getByLabel('Token').waitFor();
    await screenshot(page, 'sign-in');
    expect(await barriers(page)).toEqual([]);
    await page.goto(`${base}?token=${token}`);
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    expect(page.url()).toBe(base);
    await screenshot(page, 'empty');
  });

  it('starts a job, by the keyboard alone', async () => {
    await page.keyboard.press('n');
    await tabTo(page, page.getByRole('textbox', { name: 'Video', exact: true }));
    await page.keyboard.type(clip);
    await tabTo(page, page.getByRole('radio', { name: 'automatic' }));
    // Round the group: the last one is before the first.
    await page.keyboard.press('ArrowUp');
    const model = page.getByRole('combobox', { name: 'Model' });
    await tabTo(page, model);
    await page.keyboard.type('slow');
    expect(await model.inputValue()).toBe('slow');
    await page.getByText(`${FRAMES} frames`).waitFor();
    await page.getByLabel('Price of an hour').fill('3.6');
    const devices = page.getByRole('table', { name: 'Time by device' }).getByRole('row');
    await tabTo(page, page.getByRole('button', { name: 'Measure it' }));
    await page.keyboard.press('Enter');
    await devices.filter({ hasText: /^this machine \(cpu\).*\d\.\d\da measurement on this clip/ }).waitFor();
    await screenshot(page, 'new-job');
    expect(await barriers(page)).toEqual([]);
    await tabTo(page, page.getByRole('button', { name: 'Start' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'the first clip.mp4' }).waitFor();
    key = page.url().slice(-32);
    expect(key).toMatch(/^[0-9a-f]{32}$/);
  });

  it('shows how percent, frames and segments move, and pauses and resumes', async () => {
    const before = await percentBeyond(0);
    await percentBeyond(before);
    const segment = page.locator('.segment');
    await eventually('the segment fills', async () =>
      /upscaling, [1-9]\d* %/.test((await segment.first().getAttribute('title')) ?? ''),
    );
    expect(await page.title()).toMatch(/^[\d.]+ % · the first clip.mp4/);
    await tabTo(page, page.getByRole('button', { name: 'Pause the first clip.mp4' }));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Resume the first clip.mp4' }).waitFor();
    await page.getByText('Paused: by the user', { exact: true }).waitFor();
    expect((await detail()).job).toMatchObject({ status: 'paused', reason: 'by the user' });
    // What was done stays done.
    await percentBeyond(0);
    await eventually('the segment keeps what is done', async () =>
      /waiting, [1-9]\d* %/.test((await segment.first().getAttribute('title')) ?? ''),
    );
  });

  it('puts frames of the source and of the result so far beside each other, by mouse and by keyboard', async () => {
    const view = page.locator('.view');
    const slider = page.getByRole('slider', { name: 'Where the source ends' });
    await view.locator('.after').waitFor();
    // This frame from now on, also when the part that the pause has committed is found.
    await page.getByRole('checkbox', { name: 'newest frame' }).uncheck();
    await view.locator('.loading').waitFor({ state: 'detached' });
    expect(await widthOf(view.locator('.before'))).toBe(SIZE.width);
    expect(await widthOf(view.locator('.after'))).toBe(2 * SIZE.width);
    await screenshot(page, 'job-paused');
    expect(await barriers(page)).toEqual([]);

    const drag = async (share: number): Promise<void> => {
      const { x, y, width, height } = await boxOf(view);
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + width * share, y + height / 2, { steps: 4 });
      await page.mouse.up();
    };
    // Away from the labels, and from the handle wherever it is.
    const half = async (side: 0 | 1): Promise<Uint8Array> => {
      const { x, y, width, height } = await boxOf(view);
      return pixelsOf(
        await page.screenshot({
          clip: {
            x: Math.floor(x + width * (side / 2 + 0.1)),
            y: Math.floor(y + height * 0.12),
            width: 250,
            height: 500,
          },
        }),
      );
    };
    await drag(1.2);
    expect(await slider.inputValue()).toBe('100');
    const source = [await half(0), await half(1)] as const;
    await drag(-0.2);
    expect(await slider.inputValue()).toBe('0');
    const result = [await half(0), await half(1)] as const;
    for (const side of [0, 1] as const) expect(difference(source[side], result[side])).toBeGreaterThan(40);
    await tabTo(page, slider);
    for (let i = 0; i < 50; i++) await page.keyboard.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).toBe('source up to 50 %');
    expect(difference(await half(0), source[0])).toBeLessThan(12);
    expect(difference(await half(1), result[1])).toBeLessThan(12);

    const frame = page.getByRole('slider', { name: 'Frame', exact: true });
    const shown = Number(await frame.inputValue());
    await tabTo(page, frame);
    await page.keyboard.press('ArrowLeft');
    await view.getByAltText(`Upscaled, frame ${shown - 1}`).waitFor();
  });

  it('shows that the upscale worker was killed, in plain words, and how the job goes on to its end', async () => {
    await page.getByRole('button', { name: 'Resume the first clip.mp4' }).press('Enter');
    await percentBeyond((await detail()).job.percent);
    expect(cli.kill(/--role upscale/)).toBeGreaterThan(0);
    const log = page.getByRole('region', { name: 'What happened' });
    await log
      .getByText('segment 1, upscale: attempt 2, since its worker was not heard of any more')
      .waitFor({ timeout: 120_000 });
    await screenshot(page, 'job-after-a-kill');
    await page.getByText('passed', { exact: true }).waitFor({ timeout: 180_000 });
    expect(await log.getByText('paused: by the user').count()).toBe(1);
    expect(await log.getByText('resumed').count()).toBe(1);
    await log.getByText('done', { exact: true }).waitFor();
    expect((await detail()).job).toMatchObject({ status: 'done', frames: FRAMES, percent: 100 });
    expect(await decodedFrames(cli.file('media/the first clip.x2.mp4'))).toBe(FRAMES);
    await screenshot(page, 'job-done');
    expect(await barriers(page)).toEqual([]);
  });

  it('links a job to the report of its checks, and not to its own Temporal server, which has no page', async () => {
    const report = await opened(page.getByRole('link', { name: 'The whole report' }));
    await report.getByText('the first clip.x2.mp4').first().waitFor();
    // Its pictures are in it, and its own policy lets them through.
    expect(await widthOf(report.locator('img').first())).toBeGreaterThan(0);
    await screenshot(report, 'report');
    await report.close();
    expect(await page.getByRole('link', { name: 'The workflow in Temporal' }).count()).toBe(0);
  });

  it('delivers a result that did not pass its checks, after it was asked twice', async () => {
    // As a job leaves it whose check fails.
    const folder = path.join(cli.home, 'jobs/jobs', key);
    const read = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Record<string, unknown>;
    const output = cli.file('media/the first clip.x2.mp4');
    renameSync(output, path.join(path.dirname(output), String(read('merged.json')['file'])));
    const problem = "the picture is not the source's: frames 12 to 14";
    writeFileSync(
      path.join(folder, 'verified.json'),
      JSON.stringify({ ...read('verified.json'), ok: false, problems: [problem] }),
    );
    rmSync(path.join(folder, 'report.json'));
    writeFileSync(
      path.join(folder, 'state.json'),
      JSON.stringify({
        state: 'failed',
        message: `the result did not pass its checks: ${problem}`,
        at: new Date().toISOString(),
      }),
    );

    const deliver = page.getByRole('button', { name: 'Deliver anyway: the first clip.mp4' });
    await deliver.click();
    await page.getByRole('heading', { name: 'Deliver a result that did not pass its checks?' }).waitFor();
    await screenshot(page, 'deliver-anyway', false);
    await page.getByRole('button', { name: 'Keep it back' }).click();
    await screenshot(page, 'job-not-passed');
    expect(await barriers(page)).toEqual([]);
    expect(existsSync(output)).toBe(false);
    await deliver.click();
    await page.getByRole('button', { name: 'Deliver it as it is' }).click();
    await page.getByText('done, checks not passed').first().waitFor();
    expect(existsSync(output)).toBe(true);
    expect(read('report.json')['accepted']).toMatchObject({ problems: [problem] });
    await screenshot(page, 'job-accepted');
    expect(await barriers(page)).toEqual([]);
  });

  it('shows each segment of a job, and cancels it: its parts stay for another try, or go', async () => {
    const second = await makeClip(cli.file('media/the second clip.mp4'), { seconds: 6.4, size: '128x96' });
    const started = await cli.run('upscale', second, '-m', 'slow', '--segment-frames', '40', '--detach');
    expect(started.code, started.stderr).toBe(0);
    await page.getByRole('link', { name: 'All jobs' }).click();
    await page.getByRole('link', { name: 'the second clip.mp4' }).click();
    await page.getByRole('img', { name: /^4 segments: .*\b[123] (upscaled|done)/ }).waitFor();
    expect(await page.locator('.segment.waiting').count()).toBeGreaterThan(0);
    await screenshot(page, 'job-segments');
    expect(await barriers(page)).toEqual([]);

    const cancel = async (choice: string): Promise<void> => {
      await page.getByRole('button', { name: 'Cancel the second clip.mp4' }).click();
      await page.getByRole('button', { name: choice }).click();
    };
    const again = page.getByRole('button', { name: 'Try again: the second clip.mp4' });
    await cancel('Go on working');
    expect(await again.count()).toBe(0);
    await cancel('Cancel, keep parts');
    // Not before the answer to the cancellation has come.
    await again.click();
    await page.getByRole('button', { name: 'Pause the second clip.mp4' }).waitFor();
    await page.getByRole('img', { name: /^4 segments: .*\b[123] (upscaled|done)/ }).waitFor();
    await cancel('Cancel, remove parts');
    await page.goto(base);
    await page.getByRole('link', { name: 'the first clip.mp4' }).waitFor();
    await page.getByRole('link', { name: 'the second clip.mp4' }).waitFor({ state: 'detached' });
  });

  it('shows batches with their videos and jobs, and schedules, and steers them', async () => {
    await page.getByRole('link', { name: 'Batches' }).click();
    await page.getByRole('heading', { name: 'No batches yet' }).waitFor();
    await screenshot(page, 'no-batches');
    mkdirSync(cli.file('media/in'));
    await makeClip(cli.file(`media/in/${LONG}`), { seconds: 0.4, size: '64x48' });
    writeFileSync(cli.file('media/in/broken.mp4'), 'this is no video');
    const options = ['--preset', 'preview', '-s', '2'];
    const batch = await cli.run('batch', 'media/in', '--out-dir', 'media/out', ...options);
    expect(batch.code, batch.stderr).toBe(1);
    const row = page
      .getByRole('listitem')
      .filter({ hasNotText: 'schedule night', has: page.getByRole('link', { name: 'media/in', exact: true }) });
    await row.getByText('1 done, 1 failed', { exact: true }).waitFor();

    const made = await cli.run(
      'schedule',
      'create',
      'night',
      '--cron',
      '0 1 * * *',
      '--until',
      '07:00',
      '--watch',
      'media/in',
      '--out-dir',
      'media/nightly',
      ...options,
    );
    expect(made.code, made.stderr).toBe(0);
    const schedule = page.getByRole('article', { name: 'Schedule night' });
    await schedule.getByText('none yet').waitFor();
    expect(await schedule.locator('time').count()).toBe(3);
    await schedule.getByRole('button', { name: 'Pause night' }).click();
    await schedule.getByText('none while it is paused (by the user)').waitFor();
    await schedule.getByRole('button', { name: 'Resume night' }).click();
    await schedule.getByRole('button', { name: 'Pause night' }).waitFor();
    await schedule.getByRole('button', { name: 'Run now: night' }).click();
    await schedule.getByText('1 done, 1 failed').waitFor({ timeout: 120_000 });
    await schedule.getByText('waiting', { exact: true }).waitFor();
    expect(existsSync(cli.file(`media/nightly/${LONG.replace('.mp4', '.x2.mp4')}`))).toBe(true);
    await screenshot(page, 'batches');
    expect(await barriers(page)).toEqual([]);

    await row.getByRole('link', { name: 'media/in', exact: true }).click();
    await page.getByText('broken.mp4 is not a video that can be read').first().waitFor();
    await screenshot(page, 'batch');
    expect(await barriers(page)).toEqual([]);
    const summary = await opened(page.getByRole('link', { name: 'The summary of the last round' }));
    await summary.getByText('broken.mp4').first().waitFor();
    await summary.close();
    await page.getByRole('link', { name: LONG }).click();
    await page.getByRole('heading', { name: LONG }).waitFor();

    await page.goBack();
    await page.goBack();
    await schedule.getByRole('button', { name: 'Delete night' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    expect(await schedule.count()).toBe(1);
    await schedule.getByRole('button', { name: 'Delete night' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await schedule.waitFor({ state: 'detached' });
  });

  it('is usable with a thousand jobs, on a phone, in the dark', async () => {
    writeManyJobs(path.join(cli.home, 'jobs'), 1000);
    await page.goto(base);
    const all = page.getByRole('button', { name: /^All/ });
    await eventually('all jobs are counted', async () => /1\D?003/.test((await all.textContent()) ?? ''));
    const rows = page.getByRole('listitem');
    expect(await rows.count()).toBeLessThan(60);
    await screenshot(page, 'thousand-jobs', false);
    expect(await barriers(page)).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('space 0007');
    await page.getByRole('link', { name: 'Lost in Space 0007.mp4' }).waitFor();
    expect(await rows.count()).toBe(1);
    await page.keyboard.press('Escape');
    await eventually('all rows are back', async () => (await rows.count()) > 1);
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await page.getByRole('link', { name: 'Lost in Space 0001.mp4' }).waitFor();
    await page.getByRole('button', { name: /^Failed/ }).click();
    await page.getByRole('link', { name: 'Lost in Space 1000.mp4' }).waitFor();
    await page.getByRole('button', { name: /^All/ }).click();

    await page.setViewportSize({ width: 390, height: 844 });
    for (const [name, address] of [
      ['jobs', ''],
      ['job', `jobs/${key}`],
      ['new-job', 'new'],
      ['batches', 'batches'],
    ] as const) {
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.goto(`${base}${address}`);
        await page.getByRole('heading').first().waitFor();
        if (name === 'job') await page.locator('.after').waitFor();
        expect(await isTooWide(page), name).toBe(false);
        expect(await barriers(page), `${name}, ${scheme}`).toEqual([]);
        if (name === 'jobs') await screenshot(page, `phone-${name}-${scheme}`, false);
        else await screenshot(page, `phone-${name}-${scheme}`);
      }
    }
    const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(Math.max(...(background.match(/\d+/g) ?? ['255']).map(Number)), background).toBeLessThan(60);
  });

  it('made no error, no request to another host, and nothing that its policy forbids', () => {
    expect(trouble).toEqual([]);
  });

  it('comes back at the same address when its process dies; neither supervisor nor worker notices', async () => {
    const others = (): string[] =>
      cli
        .processes(/reelscale up|worker\/main|temporal/)
        .map(({ pid }) => String(pid))
        .sort();
    const before = others();
    expect(before.length).toBeGreaterThan(3);
    const [killed] = cli.processes(/reelscale dashboard/);
    expect(cli.kill(/reelscale dashboard/)).toBeGreaterThan(0);
    await eventually('another process serves the page', () =>
      cli.processes(/reelscale dashboard/).some(({ pid }) => pid !== killed?.pid),
    );
    await eventually(
      'it answers',
      async () =>
        (
          await page
            .context()
            .request.get(`${base}api/jobs?limit=1`)
            .catch(() => undefined)
        )?.status() === 200,
    );
    expect(others()).toEqual(before);
    // It ends with its supervisor, however that ends.
    cli.kill(/reelscale up/);
    await eventually('the page is gone', () => cli.processes(/reelscale dashboard/).length === 0);
  });
});

/** The percent of the job's page, once it is beyond another. */
const percentBeyond = (before: number): Promise<number> =>
  eventually(`more than ${before} %`, async () => {
    const shown = Number.parseFloat(
      (await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuetext')) ?? '',
    );
    return shown > before && shown;
  });

async function detail(): Promise<JobDetail> {
  return (await (await page.context().request.get(`${base}api/jobs/${key}`)).json()) as JobDetail;
}

async function pixelsOf(png: Buffer): Promise<Uint8Array> {
  const { stdout } = await execa(
    'ffmpeg',
    ['-v', 'error', '-f', 'png_pipe', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    { input: png, encoding: 'buffer' },
  );
  return stdout;
}

/** The largest one of any pixel, 0 to 255. A browser that paints the same again may differ by a little. */
const difference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);

/**
 * Where the pictures are, scrolled to the same place each time: between two pixels they would be drawn differently.
 */
async function boxOf(view: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await page.evaluate(
    "scrollTo(0, Math.floor(document.querySelector('.view').getBoundingClientRect().top + scrollY) - 80)",
  );
  const box = await view.boundingBox();
  if (!box) throw new Error('it is not on the page');
  return box;
}

const widthOf = (image: Locator): Promise<number> =>
  image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);

async function opened(link: Locator): Promise<Page> {
  const [other] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  return other;
}
