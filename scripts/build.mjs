import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf, main, readText, root, run, say } from './lib.mjs';

const dist = path.join(root, 'dist');
const INPUTS = [
  'src',
  'web',
  'bench',
  'tools',
  'temporal.config.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/bundle.mjs',
  'scripts/protoSubset.mjs',
];

/**
 * Compiles src, bench and tools to dist, and bundles the workflows, the process entries and the dashboard's page, when
 * any input has changed since the last build.
 */
export async function build({ log = say } = {}) {
  const inputs = digestOf(INPUTS);
  const stamp = readText(path.join(dist, 'build.json'));
  if (stamp && JSON.parse(stamp).inputs === inputs) return;
  log('building');
  // Built aside and put in place whole: a failed build leaves the last one as it was, and a running program never sees
  // half of one.
  const scratch = mkdtempSync(path.join(root, '.build-'));
  // Whoever may enter the project's folder may run what was built there, also where root has built it.
  const umask = process.umask(0o022);
  chmodSync(scratch, 0o755);
  try {
    const project = path.join(root, 'tsconfig.build.json');
    run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--outDir', scratch]);
    await bundleWorkflows(scratch);
    // Imported late: before the set-up there are no packages.
    const { bundleEntries } = await import('./bundle.mjs');
    await bundleEntries(scratch);
    await bundlePage(path.join(scratch, 'web'));
    writeFileSync(path.join(scratch, 'build.json'), JSON.stringify({ inputs }));
    const old = `${scratch}-old`;
    try {
      renameSync(dist, old);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    renameSync(scratch, dist);
    rmSync(old, { recursive: true, force: true });
  } finally {
    process.umask(umask);
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bundleWorkflows(folder) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const src = path.join(folder, 'src');
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(src, 'workflows/index.js'),
    workflowInterceptorModules: [path.join(src, 'workflows/checkedInput.js')],
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(path.join(folder, 'workflow-bundle.js'), code);
}

/** The dashboard's page: three files that need nothing else. */
async function bundlePage(folder) {
  const { build: bundle } = await import('esbuild');
  const web = path.join(root, 'web');
  await bundle({
    entryPoints: ['main.tsx', 'theme.ts', 'main.css'].map((name) => path.join(web, name)),
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome123', 'firefox128', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) copyFileSync(path.join(web, name), path.join(folder, name));
}

await main(import.meta, () => build());
