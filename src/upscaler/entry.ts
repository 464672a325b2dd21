import path from 'node:path';

/**
 * The built entry of the upscaler process. From TypeScript sources, as in tests, it is the one that `npm run build`
 * made of them.
 */
export function upscalerEntry(): string {
  const folder = import.meta.filename.endsWith('.ts')
    ? path.join(import.meta.dirname, '../../dist/src/upscaler')
    : import.meta.dirname;
  return path.join(folder, 'process.js');
}
