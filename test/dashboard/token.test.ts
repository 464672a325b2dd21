import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invitation, placeOf } from '../../src/dashboard/place.js';
import { BEARER, dashboards, TOKEN } from '../support/dashboards.js';

const { folder, at, config, served, ask, post } = dashboards();

describe('where it listens', () => {
  it.each(['0.0.0.0', '192.168.1.2', '::', 'films.example'])('on %s only with a token of its owner', async (host) => {
    await expect(placeOf(config.home, { host, port: undefined, tokenFile: undefined })).rejects.toThrow(
      /needs a token/,
    );
    expect(await placeOf(config.home, { host, port: undefined, tokenFile: at('token') })).toMatchObject({
      token: TOKEN,
    });
  });

  it('refuses a token that is short, or not there', async () => {
    writeFileSync(at('short'), 'secret', { mode: 0o600 });
    await expect(placeOf(config.home, { host: '0.0.0.0', port: undefined, tokenFile: at('short') })).rejects.toThrow(
      /at least 16 characters/,
    );
    await expect(placeOf(config.home, { host: '0.0.0.0', port: undefined, tokenFile: at('nothing') })).rejects.toThrow(
      /cannot be read/,
    );
  });

  it.each([0o640, 0o604, 0o620])('refuses a token that others may have seen or made: %o', async (mode) => {
    writeFileSync(at('seen'), TOKEN);
    chmodSync(at('seen'), mode);
    await expect(placeOf(config.home, { host: '127.0.0.1', port: undefined, tokenFile: at('seen') })).rejects.toThrow(
      /others may read or write the token file .*chmod 600/,
    );
  });

  it('has a token of its own by default, for its user alone, that stays, and that is in the link', async () => {
    const places = await Promise.all(
      [1, 2, 3].map(() => placeOf(at('fresh'), { host: '127.0.0.1', port: undefined, tokenFile: undefined })),
    );
    expect(places[0]?.token).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(places.map(({ token }) => token)).size).toBe(1);
    expect(statSync(at('fresh/dashboard-token')).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('fresh'))).toEqual(['dashboard-token']);
    expect(invitation(served.open, served.place)).toBe(`open ${served.open.url}?token=${served.place.token}`);
    chmodSync(at('fresh/dashboard-token'), 0o644);
    await expect(placeOf(at('fresh'), { host: '127.0.0.1', port: undefined, tokenFile: undefined })).rejects.toThrow(
      /chmod 600/,
    );
  });
});

describe('a token', () => {
  it('is needed for everything but the page itself', async () => {
    expect((await ask(served.guarded, '/')).status).toBe(200);
    expect(JSON.parse((await ask(served.guarded, '/api/session')).body)).toMatchObject({ signedIn: false });
    for (const target of [
      '/api/jobs',
      '/api/batches',
      '/api/events',
      '/api/openapi.json',
      '/api/choices',
      `/api/folder?path=${folder}`,
      `/api/jobs/${'0'.repeat(32)}/frames`,
      '/api/nothing',
    ])
      expect((await ask(served.guarded, target)).status, target).toBe(401);
    expect((await post(served.guarded, '/api/jobs', '{}')).status).toBe(401);
    expect((await ask(served.guarded, '/api/jobs', { headers: BEARER })).status).toBe(200);
  });

  it('opens a session, in a cookie that scripts and other sites do not get, and that cannot be made up', async () => {
    const { status, headers } = await post(served.guarded, '/api/session', JSON.stringify({ token: TOKEN }));
    expect(status).toBe(200);
    const cookie = String(headers['set-cookie']?.[0]);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const pair = cookie.split(';')[0] as string;
    expect((await ask(served.guarded, '/api/jobs', { headers: { cookie: pair } })).status).toBe(200);
    const [until, signature] = (pair.split('=')[1] as string).split('.');
    for (const made of [`${Number(until) + 1}.${signature}`, `${until}.`, '', `0.${signature}`])
      expect(
        (await ask(served.guarded, '/api/jobs', { headers: { cookie: `reelscale_session=${made}` } })).status,
        made,
      ).toBe(401);
    expect(
      (await post(served.guarded, '/api/session', JSON.stringify({ token: TOKEN }), { origin: 'http://evil.example' }))
        .status,
    ).toBe(403);
  });

  it('in a link becomes a cookie and leaves the address; a wrong one opens nothing', async () => {
    const { status, headers } = await ask(served.guarded, `/batches?token=${TOKEN}`);
    expect(status).toBe(303);
    expect(headers.location).toBe('/batches');
    const cookie = String(headers['set-cookie']?.[0]);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(
      (await ask(served.guarded, '/api/jobs', { headers: { cookie: cookie.split(';')[0] as string } })).status,
    ).toBe(200);
    const wrong = await ask(served.guarded, `/?token=${TOKEN}x`);
    expect(wrong).toMatchObject({ status: 303, headers: { location: '/' } });
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  it('that is wrong gets in nowhere, and after ten of them more must wait; the right one always gets in', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await post(served.guarded, '/api/session', JSON.stringify({ token: `${TOKEN}${i}` }))).status);
    // One was wrong before, in a link.
    expect(statuses).toEqual([...Array<number>(9).fill(401), 429, 429, 429]);
    expect(
      Number(
        (await ask(served.guarded, '/api/jobs', { headers: { authorization: 'Bearer wrong' } })).headers[
          'retry-after'
        ],
      ),
    ).toBeGreaterThan(0);
    expect((await ask(served.guarded, '/api/jobs', { headers: BEARER })).status).toBe(200);
  });
});
