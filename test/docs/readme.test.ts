import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const DOCUMENTS = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const CODE = /^```\w*\n[^]*?^```$/gm;
const prose = (name: string): string => read(name).replace(CODE, '');

/** Targets of links and images, as Markdown and HTML write them, that are no addresses. */
const targets = (name: string): string[] =>
  [...prose(name).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? '')
    .filter((target) => !/^\w+:/.test(target));

/** The names that GitHub gives to the headings of a document. */
const anchors = (name: string): string[] =>
  [...prose(name).matchAll(/^#+ (.+)$/gm)].map(([, head = '']) =>
    head
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

function isThere(document: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const name = file === '' ? document : path.join(path.dirname(document), file);
  return (
    existsSync(path.join(root, name)) && (anchor === undefined || anchors(name).includes(decodeURIComponent(anchor)))
  );
}

describe.each(DOCUMENTS)('%s', (name) => {
  it('links to what is there', () => {
    expect(targets(name).filter((target) => !isThere(name, target))).toEqual([]);
  });

  it('names files and folders that are there', () => {
    const paths = [...prose(name).matchAll(/`((?:src|test|web|bench|tools|scripts|docs)\/[\w./-]+)`/g)].map(
      ([, each = '']) => each,
    );
    expect(paths.filter((each) => !existsSync(path.join(root, each)))).toEqual([]);
  });

  it('has lines below 120 characters, but for tables and links', () => {
    expect(
      read(name)
        .split('\n')
        .filter((line) => line.length >= 120 && !line.startsWith('|') && !line.includes('](')),
    ).toEqual([]);
  });
});

describe('the README in English and in Chinese', () => {
  const both = <T>(look: (name: string) => T): [T, T] => [look('README.md'), look('README.zh-CN.md')];

  it('have the same headings, tables, pictures and links', () => {
    const [english, chinese] = both((name) => ({
      headings: prose(name).match(/^#+ /gm),
      rows: prose(name).match(/^\|/gm)?.length,
      targets: targets(name).filter((target) => !target.startsWith('README')),
    }));
    expect(chinese).toEqual(english);
  });

  it('have the same examples', () => {
    const [english, chinese] = both((name) => read(name).match(CODE));
    expect(chinese).toEqual(english);
  });

  it('link to each other', () => {
    expect(targets('README.md')).toContain('README.zh-CN.md');
    expect(targets('README.zh-CN.md')).toContain('README.md');
  });

  it('have pictures below 200 kB', () => {
    const pictures = targets('README.md').filter((target) => target.startsWith('docs/images/'));
    expect(pictures.length).toBeGreaterThan(1);
    expect(pictures.filter((picture) => statSync(path.join(root, picture)).size >= 200_000)).toEqual([]);
  });
});

it('CONTRIBUTING.md says of every room what lint lets it import', async () => {
  const rows = [...read('CONTRIBUTING.md').matchAll(/^\| `(src\/[\w/]+)` \|.*\| (.+) \|$/gm)].map(([, room, seen]) => [
    room,
    seen,
  ]);
  const { HOUSES } = (await import(path.join(root, 'lint/rooms.mjs'))) as {
    HOUSES: Record<string, Record<string, string[]>>;
  };
  expect(rows).toEqual(
    Object.entries(HOUSES).flatMap(([folder, rooms]) =>
      Object.entries(rooms).map(([room, seen]) => [`${folder}/${room}`, seen.join(', ') || 'nothing']),
    ),
  );
});
