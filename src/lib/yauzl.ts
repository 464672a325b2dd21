/** A module of this kind: of a CommonJS package that is imported late, esbuild finds no names. */
export { fromBufferPromise } from 'yauzl';
