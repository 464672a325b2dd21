import { open } from 'node:fs/promises';

/** Of an ELF file of 64 bits, little-endian: offsets in its header, and in a program header. */
const HEADER_BYTES = 64;
const MAGIC = '7f454c460201';
const LOAD = 1;

/**
 * Whether a shared library of Linux ends before what its headers promise: the loader ends the process on such a file.
 * Other files are none.
 */
export async function isTruncated(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const at = async (position: number, length: number): Promise<Buffer> => {
      const buffer = Buffer.alloc(length);
      await handle.read(buffer, 0, length, position);
      return buffer;
    };
    const header = await at(0, HEADER_BYTES);
    if (header.toString('hex', 0, 6) !== MAGIC) return false;
    const [programs, sections] = [Number(header.readBigUInt64LE(32)), Number(header.readBigUInt64LE(40))];
    const [programBytes, programCount] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const [sectionBytes, sectionCount] = [header.readUInt16LE(58), header.readUInt16LE(60)];
    if (size < programs + programBytes * programCount || size < sections + sectionBytes * sectionCount) return true;
    const table = await at(programs, programBytes * programCount);
    return Array.from({ length: programCount }, (_, i) => table.subarray(i * programBytes)).some(
      (program) =>
        program.readUInt32LE(0) === LOAD && size < Number(program.readBigUInt64LE(8) + program.readBigUInt64LE(32)),
    );
  } finally {
    await handle.close();
  }
}
