import { realpathSync } from 'node:fs';
import type { Config } from '../../../temporal.config.js';
import { toRooted } from '../../job/layout.js';
import type { RootedPath } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';

/** @param file its real path. @throws UserError for a file that workers could not see. */
export function inRoot(config: Config, file: string, what: string): RootedPath {
  try {
    // The root may be reached through a link.
    return toRooted({ ...config.roots, media: realpathSync(config.roots.media) }, 'media', file);
  } catch {
    throw new UserError(
      `${what} must lie below the media root ${config.roots.media}: move it there, or set REELSCALE_MEDIA_ROOT`,
    );
  }
}
