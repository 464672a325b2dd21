import { closeSync, existsSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { logTail, openLog } from '../../../src/client/connection/logFile.js';
import { createLogger, fieldsOf, temporalLogger } from '../../../src/worker/logger.js';
import { scratchFolder } from '../../support/media.js';

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

test('lines of a log name what people ask for, and their tail is for people', () => {
  const file = path.join(folder, 'c.log');
  const lines: string[] = [];
  const logger = createLogger(
    { role: 'encode' },
    {
      write: (line) => {
        lines.push(line);
      },
    },
  );
  const meta = {
    workflowId: 'upscale-0123456789abcdef0123456789abcdef',
    activityType: 'encodeSegment',
    segment: 3,
    attempt: 2,
    taskQueue: 'q',
    taskToken: 'secret',
  };
  temporalLogger(logger).warn('Activity failed', { ...meta, error: new Error('the disk is away') });
  temporalLogger(logger).info('Worker state changed', { sdkComponent: 'worker' });
  expect(lines).toHaveLength(1);
  const entry = JSON.parse(lines[0] as string) as object;
  expect(entry).toMatchObject({
    level: 'warn',
    role: 'encode',
    job: '01234567',
    activity: 'encodeSegment',
    segment: 3,
    attempt: 2,
    queue: 'q',
    msg: 'Activity failed',
    err: { message: 'the disk is away' },
  });
  expect(entry).not.toHaveProperty('taskToken');
  expect(fieldsOf({ workflowId: 'batch-1' })).toEqual({ workflow: 'batch-1' });

  writeFileSync(file, `${lines.join('')}a crash in native code\n`);
  const fields = 'role=encode  job=01234567  activity=encodeSegment  segment=3  attempt=2  queue=q';
  expect(logTail(file, 2)).toMatch(
    new RegExp(
      `^\\d\\d:\\d\\d:\\d\\d  WARN  Activity failed  ${fields}\\n` +
        'Error: the disk is away\\n[^]*\\na crash in native code$',
    ),
  );
});
