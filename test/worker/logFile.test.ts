import { closeSync, existsSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { logTail, openLog } from '../../src/worker/logFile.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

test('a log is appended to, and moved aside when it has grown beyond 10 MB', () => {
  const file = path.join(folder, 'a.log');
  for (const line of ['one\n', 'two\n']) {
    const fd = openLog(file);
    writeSync(fd, line);
    closeSync(fd);
  }
  expect(logTail(file, 5)).toBe('one\ntwo');
  truncateSync(file, 11 * 1024 ** 2);
  closeSync(openLog(file));
  expect(statSync(file).size).toBe(0);
  expect(existsSync(`${file}.1`)).toBe(true);
});

test('the tail of a log is its last lines after a position', () => {
  const file = path.join(folder, 'b.log');
  writeFileSync(file, 'old\nolder\nfirst\nsecond\nthird\n');
  expect(logTail(file, 2)).toBe('second\nthird');
  expect(logTail(file, 9, 'old\nolder\n'.length)).toBe('first\nsecond\nthird');
  expect(logTail(path.join(folder, 'none.log'), 2)).toBe('');
});
