import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program/program.js';

const docs = path.join(import.meta.dirname, '../../docs');
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .sort();
const read = (file: string): string => readFileSync(file, 'utf8');

/** Lines outside of code blocks, with their numbers. */
function prose(text: string): { line: string; number: number }[] {
  let code = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*```/.test(line)) code = !code;
    return code || /^\s*```/.test(line) ? [] : [{ line, number: index + 1 }];
  });
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

function anchors(text: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    prose(text).flatMap(({ line }) => {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      if (heading === undefined) return [];
      const anchor = anchorOf(heading);
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return [times === 0 ? anchor : `${anchor}-${times}`];
    }),
  );
}

/** Relative links, without those in code. */
const links = (text: string): string[] =>
  prose(text)
    .flatMap(({ line }) =>
      [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    )
    .filter((target) => !/^[a-z]+:/.test(target));

const flagsIn = (text: string): string[] =>
  prose(text).flatMap(({ line }) =>
    line.startsWith('| `-')
      ? [...(line.split(/(?<!\\)\|/)[1] ?? '').matchAll(/--[a-z][a-z-]*/g)].map(([flag]) => flag)
      : [],
  );

/** What stands below a heading, with its smaller headings. */
function section(text: string, anchor: string): string {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => /^#+ /.test(line) && anchorOf(line.replace(/^#+ /, '')) === anchor);
  const depth = /^#+/.exec(lines[begin] ?? '')?.[0].length ?? 0;
  const length = lines
    .slice(begin + 1)
    .findIndex((line) => /^#+ /.test(line) && (/^#+/.exec(line)?.[0].length ?? 0) <= depth);
  return lines.slice(begin + 1, length < 0 ? undefined : begin + 1 + length).join('\n');
}

const commandsOf = (command: Command, above: string): [name: string, flags: string[]][] => {
  const name = `${above} ${command.name()}`.trim();
  const flags = command.options.flatMap(({ long }) => (long == null ? [] : [long])).sort();
  return [
    ...(command.commands.length > 0 && above !== '' ? [] : [[name, flags] as [string, string[]]]),
    ...command.commands.flatMap((sub) => commandsOf(sub, name)),
  ];
};

it('docs/cli.md has the commands and flags of --help, no more and no less', () => {
  const text = read(path.join(docs, 'cli.md'));
  const written = [...text.matchAll(/^### (reelscale.*)$/gm)].map(([, heading = '']): [string, string[]] => {
    const own = section(text, anchorOf(heading));
    const shared = [...own.matchAll(/\(#(flags-for-[a-z-]+)\)/g)].map(([, anchor = '']) => section(text, anchor));
    return [
      /^[a-z]+( [a-z]+)*/.exec(heading)?.[0] ?? '',
      [own, ...shared]
        .flatMap(flagsIn)
        .filter((flag) => flag !== '--help')
        .sort(),
    ];
  });
  expect(Object.fromEntries(written)).toEqual(
    Object.fromEntries(
      commandsOf(
        buildProgram(() => undefined),
        '',
      ),
    ),
  );
});

it.each(pages)('every link in docs/%s leads to a file and a heading that are there', (page) => {
  const file = path.join(docs, page);
  const broken = links(read(file)).filter((link) => {
    const [target = '', anchor] = link.split('#');
    const to = target === '' ? file : path.resolve(path.dirname(file), target);
    return !existsSync(to) || (anchor !== undefined && to.endsWith('.md') && !anchors(read(to)).has(anchor));
  });
  expect(broken).toEqual([]);
});

it.each(pages)('lines of docs/%s are below 120 characters, but for tables, links and code', (page) => {
  const long = prose(read(path.join(docs, page))).filter(
    ({ line }) => line.length >= 120 && !line.startsWith('|') && !/\]\(/.test(line),
  );
  expect(long.map(({ number }) => number)).toEqual([]);
});

it.each(pages)('source files that docs/%s names are there', (page) => {
  const named = [
    ...read(path.join(docs, page)).matchAll(/`((?:src|test|web|bench|scripts|tools|docker)\/[\w./-]+)`/g),
  ].map(([, file = '']) => file);
  expect(named.filter((file) => !existsSync(path.join(docs, '..', file)))).toEqual([]);
});
