/** All controls but line breaks and tabs, and what turns the direction of the text around it. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escaped = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A text as a terminal may show it: names and titles come from anywhere, and must not move its cursor, change its
 * title or hide what is said. JSON stays the same JSON.
 */
export const printable = (text: string): string => text.replace(CONTROLS, escaped);

/** A path for people: on one line, whatever its name holds. */

export const shown = (file: string): string =>
  file.replace(/[\u0000-\u001f\u007f]/g, (c) => JSON.stringify(c).slice(1, -1));
