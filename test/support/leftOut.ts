/**
 * Replaces pictures of a raw MPEG-4 part 2 stream of 25 fps by ones that say that they are not coded (ISO/IEC 14496-2,
 * 6.2.5).
 * @param which their numbers in decoding order, from 0.
 */
export function leaveOut(stream: Buffer, which: number[]): Buffer {
  const parts = stream.toString('latin1').split('\0\0\x01\xb6');
  return Buffer.from(
    parts.map((part, i) => (which.includes(i - 1) ? notCoded(part) : part)).join('\0\0\x01\xb6'),
    'latin1',
  );
}

/**
 * Keeps the header up to `vop_coded`: coding type, seconds in unary, marker, five bits of increment, marker; then a
 * zero, and stuffing.
 */
function notCoded(picture: string): string {
  const bits = Array.from(picture.slice(0, 8), (byte) => byte.charCodeAt(0).toString(2).padStart(8, '0')).join('');
  const kept = /^..1*01.{5}1/.exec(bits)?.[0];
  if (kept === undefined) throw new Error('no header of a picture at 25 fps');
  const stuffed = `${kept}0`.concat('0'.padEnd(8 - ((kept.length + 1) % 8), '1'));
  return (stuffed.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(parseInt(byte, 2))).join('');
}
