import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { verifyAgainst } from '../src/media/verify/against.js';
import { NETWORKS, pullNetworks, refusal } from './support/alarms/networks.js';
import { enlarge, excerpt, FAULTS, STAND_INS } from './support/alarms/pictures.js';
import { sharedClips } from './support/clips.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { textFlag } from './support/report.js';

/**
 * Whether the checks of pictures cry wolf, and whether they see a wolf: excerpts of all shared clips, enlarged by
 * filters that change pictures as networks do and by real networks, must pass; the same pictures with a fault must
 * not.
 *
 *   npm run bench -- alarms [--clip PART] [--only PART]
 *
 * `ok`, `told` (a warning) or `ALARM`, which makes the exit code 1; of faults `caught`, `told` or `missed`. A fault
 * can be missed where a clip has nothing that shows it: black pictures have no place, grey ones no colours.
 */
const clipPart = textFlag('clip', '');
const only = textFlag('only', '');

type Verdict = 'ok' | 'told' | 'ALARM' | 'caught' | 'missed' | '';

function clips(): string[] {
  const folders = readdirSync(sharedClips)
    .filter((folder) => folder !== 'corrupt')
    .sort();
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(sharedClips, folder))
        .sort()
        .map((name) => `${folder}/${name}`),
    )
    .filter((name) => name.includes(clipPart));
}

const said: string[] = [];

/** What verification says of the pictures alone: times and tracks of these files are nobody's. */
async function judged(name: string, result: string, source: string, isFaulty: boolean): Promise<Verdict> {
  const { report } = await verifyAgainst(result, source);
  rmSync(result);
  const pictures = report.checks.find((check) => check.name === 'pictures');
  if (!pictures) throw new Error(`${name}: its pictures were not compared: ${report.problems.join('; ')}`);
  const warned = report.suspicious.length > 0;
  if (!pictures.ok && !isFaulty) said.push(`${name}: ${pictures.measured}`);
  if (pictures.ok && warned) said.push(`${name}: told: ${report.warnings.join('; ')}`);
  if (!pictures.ok) return isFaulty ? 'caught' : 'ALARM';
  return warned ? 'told' : isFaulty ? 'missed' : 'ok';
}

async function benchmark(home: BenchHome): Promise<void> {
  mkdirSync(home.file('pictures'));
  await pullNetworks(home);
  const file = (name: string): string => path.join(home.file('pictures'), name);
  const harmless: Record<string, Record<string, Verdict>> = {};
  const faulty: Record<string, Record<string, Verdict>> = {};
  for (const clip of clips()) {
    console.error(clip);
    const source = await excerpt(path.join(sharedClips, clip), file('source.mp4'));
    if (source === undefined) continue;
    const row: Record<string, Verdict> = {};
    for (const [name, filter] of Object.entries(STAND_INS)) {
      if (name.includes(only))
        row[name] = await judged(`${clip}, ${name}`, await enlarge(source, filter, file('result.mp4')), source, false);
    }
    for (const network of NETWORKS.filter(({ name }) => name.includes(only))) {
      const refused = await refusal(home, source, network);
      if (refused !== undefined) said.push(`${clip}, ${network.name}: ${refused}`);
      row[network.name] = refused === undefined ? 'ok' : 'ALARM';
    }
    harmless[clip] = row;
    const faults: Record<string, Verdict> = {};
    for (const [name, { fault, on }] of Object.entries(FAULTS)) {
      if (name.includes(only))
        faults[name] = await judged(
          `${clip}, ${name}`,
          await enlarge(source, `${STAND_INS[on]},${fault}`, file('result.mp4')),
          source,
          true,
        );
    }
    faulty[clip] = faults;
    rmSync(source);
  }
  console.table(harmless);
  console.table(faulty);
  for (const line of said) console.log(line);
  const count = (table: typeof harmless, verdict: Verdict): number =>
    Object.values(table)
      .flatMap(Object.values)
      .filter((each) => each === verdict).length;
  const all = (table: typeof harmless): number => Object.values(table).flatMap(Object.values).length;
  console.log(
    `false alarms: ${count(harmless, 'ALARM')} of ${all(harmless)} (owed: none), warnings: ${count(harmless, 'told')}`,
  );
  console.log(
    `faults: ${count(faulty, 'caught')} of ${all(faulty)} caught, ` +
      `${count(faulty, 'told')} told, ${count(faulty, 'missed')} missed`,
  );
  if (count(harmless, 'ALARM') > 0) process.exitCode = 1;
}

if (existsSync(sharedClips)) await inBenchHome(benchmark);
else console.log('skipped: it needs the shared real clips, which REELSCALE_TEST_MEDIA does not name');
