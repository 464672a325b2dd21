/** Bytes of a name that file systems allow. */
const LONGEST = 255;

/** A file's name with an ending of its own, the rest cut short where both would be too long; characters stay whole. */
export function fitName(stem: string, ending: string): string {
  const characters = [...stem];
  while (characters.length > 1 && Buffer.byteLength(characters.join('') + ending) > LONGEST) characters.pop();
  return `${characters.join('')}${ending}`;
}
