import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/lib/errors.js';
import { requireCopyable } from '../../../src/media/merge/containers.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { delivered } from '../encodeSupport.js';
import { expectKept, summary } from '../keptSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe('--audio copy', () => {
  it('copies what MP4 can hold though browsers do not play it', async () => {
    await makeClip(at('many.mkv'), {
      seconds: 1,
      size: '64x48',
      audioTracks: 4,
      audio: ['-ac', '2', '-c:a:0', 'ac3', '-c:a:1', 'flac', '-c:a:2', 'libopus', '-c:a:3', 'alac'],
    });
    const result = await delivered(at('many.mkv'), at('many.mp4'), { audio: 'copy' });
    expect(summary(result)).toBe('video h264 made, audio ac3, audio flac, audio opus, audio alac');
    expect(result.warnings).toEqual([]);
    await expectKept(at('many.mp4'), result);
  });

  it('refuses what the container cannot hold, in one line', () => {
    expect(() => {
      requireCopyable([{ codec: 'aac' }, { codec: 'vorbis' }], 'mp4');
    }).toThrow(
      new UserError(
        '--audio copy: MP4 cannot hold audio track 2 (vorbis) as it is: ' +
          'choose -o NAME.mkv, or leave out --audio copy to have it converted',
      ),
    );
    expect(() => {
      requireCopyable([{ codec: 'adpcm_ima_qt' }], 'mkv');
    }).toThrow('leave out --audio copy');
    expect(() => {
      requireCopyable([{ codec: 'vorbis' }, { codec: 'truehd' }], 'mkv');
    }).not.toThrow();
  });
});
