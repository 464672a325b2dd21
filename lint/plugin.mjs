import path from 'node:path';
import { HOUSES } from './rooms.mjs';

const root = path.dirname(import.meta.dirname);
const MAX_LENGTH = 119;

/** The room of a folder that a file lies in, or the file's own name where it lies in none. */
function roomOf(folder, file) {
  const below = path.relative(path.join(root, folder), file);
  return below.startsWith('..') ? undefined : below.split(path.sep)[0];
}

const rooms = {
  create(context) {
    const { filename } = context;
    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const target = path.resolve(path.dirname(filename), source.value);
      for (const [folder, house] of Object.entries(HOUSES)) {
        const [from, to] = [roomOf(folder, filename), roomOf(folder, target)];
        const seen = house[from];
        if (seen === undefined || to === undefined || to === from || seen.includes(to)) continue;
        context.report({
          node: source,
          message: `${folder}/${from} sees ${seen.join(', ') || 'no other room'}, not ${folder}/${to}`,
        });
      }
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

const lineLength = {
  create: (context) => ({
    Program() {
      for (const [i, text] of context.sourceCode.lines.entries()) {
        const length = [...text].length;
        if (length <= MAX_LENGTH) continue;
        context.report({
          loc: { start: { line: i + 1, column: 0 }, end: { line: i + 1, column: text.length } },
          message: `the line has ${length} characters, and ${MAX_LENGTH} are the most`,
        });
      }
    },
  }),
};

export default { meta: { name: 'reelscale' }, rules: { rooms, 'line-length': lineLength } };
