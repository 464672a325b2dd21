import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { withParentDeathSignal } from '../../src/lib/parentDeathSignal.js';

/** A Chromium of this machine, if there is one. */
export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(':')
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(folder, name)))
  .find((file) => existsSync(file));

export interface Played {
  /** Empty when all went well. */
  error: string;
  /** Of the picture on the screen, so that the shape of pixels counts. */
  width: number;
  height: number;
  duration: number;
  /** Decoded, not skipped. */
  frames: number;
  /** Bytes of sound that were decoded. */
  audio: number;
  /** Red, green and blue at the asked places of the asked frame, 0 to 255. */
  pixels: number[][];
}

/**
 * Plays a file to its end in a page of a headless Chromium, and looks at one picture on the way.
 * @param look at which second, and at which places: fractions of width and height.
 */
export async function play(
  file: string,
  look: { seconds: number; places: readonly (readonly [number, number])[] },
  folder: string,
): Promise<Played> {
  const server = createServer();
  const played = new Promise<Played>((resolve) => {
    server.on('request', (request, response) => {
      if (request.method === 'POST')
        void text(request).then((json) => {
          resolve(JSON.parse(json) as Played);
        });
      else if (request.url === '/video') sendRange(file, request.headers.range, response);
      else response.setHeader('content-type', 'text/html').end(page(look));
    });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--autoplay-policy=no-user-gesture-required',
    `--user-data-dir=${path.join(folder, 'chromium')}`,
  ];
  const [command, args] = withParentDeathSignal(CHROMIUM ?? 'chromium', [...flags, `http://127.0.0.1:${port}/`]);
  const browser = execa(command, args, {
    reject: false,
    stdio: 'ignore',
    timeout: 120_000,
    forceKillAfterDelay: 2000,
  });
  const ended = browser.then(() => {
    throw new Error('the browser ended before it had played the file');
  });
  try {
    return await Promise.race([played, ended]);
  } finally {
    browser.kill();
    await browser;
    server.closeAllConnections();
    server.close();
  }
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

function sendRange(file: string, range: string | undefined, response: ServerResponse): void {
  const { size } = statSync(file);
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const [start, end] = [Number(from), to === '' ? size - 1 : Number(to)];
  response.writeHead(range === undefined ? 200 : 206, {
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  createReadStream(file, { start, end }).pipe(response);
}

const page = (look: {
  seconds: number;
  places: readonly (readonly [number, number])[];
}): string => `<!doctype html><video id="v" src="/video" muted></video><script>
const look = ${JSON.stringify(look)};
const tell = (result) => fetch('/', { method: 'POST', body: JSON.stringify(result) });
const video = document.getElementById('v');
video.onerror = () => tell({ error: video.error.message });
const seek = (time) => new Promise((done) => { video.onseeked = done; video.currentTime = time; });
video.oncanplay = async () => {
  video.oncanplay = null;
  try {
    await seek(look.seconds);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    const at = (x, y) => context.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data;
    const pixels = look.places.map(([x, y]) => [...at(x, y)].slice(0, 3));
    await seek(0);
    video.onended = () => {
      const quality = video.getVideoPlaybackQuality();
      tell({
        error: '',
        width: video.videoWidth,
        height: video.videoHeight,
        duration: video.duration,
        frames: quality.totalVideoFrames,
        audio: video.webkitAudioDecodedByteCount,
        pixels,
      });
    };
    await video.play();
  } catch (error) { tell({ error: String(error) }); }
};
</script>`;
