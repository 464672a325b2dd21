import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal digits. A file is digested as it is read: see `fileDigest`. */
export const digestOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
