import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { readText, root } from './lib.mjs';
import { programsIn, protoSubset } from './protoSubset.mjs';

/** What starts as a process or a thread of its own, in src. */
const ENTRIES = [
  'cli/cli',
  'supervisor/supervisorMain',
  'supervisor/innerServer',
  'worker/main',
  'upscaler/process',
  'upscaler/inferenceThread',
  'upscaler/speedChild',
  'runtime/probe',
  'models/inspectChild',
];

/** Where the SDK runs workflows, in a thread of its own; unbundled it takes half a second of processor to load. */
const WORKFLOW_THREAD = '@temporalio/worker/lib/workflow/workflow-worker-thread.js';

/** The parts of Temporal's SDK that speak its protocol. */
const SDK = ['activity', 'client', 'common', 'core-bridge', 'envconfig', 'nexus', 'worker', 'workflow'];

/**
 * Native parts that are loaded by their places, certificates by classes that are known by their names, and what only
 * the build of the workflows needs.
 */
const EXTERNAL = [
  'onnxruntime-node',
  'koffi',
  '@peculiar/x509',
  'reflect-metadata',
  'webpack',
  'swc-loader',
  '@swc/core',
  'source-map-loader',
];

/**
 * Bundles the process entries of a compiled folder, with all packages that they need, into its folder `bundle`: a
 * process then reads a dozen files instead of a thousand. What is imported late stays in files of its own, and each
 * module exists once, whatever imports it.
 */
export async function bundleEntries(folder) {
  await build({
    entryPoints: [
      ...ENTRIES.map((name) => ({ in: path.join(folder, 'src', `${name}.js`), out: name })).filter((entry) =>
        existsSync(entry.in),
      ),
      { in: path.join(root, 'node_modules', WORKFLOW_THREAD), out: 'worker/workflowThread' },
    ],
    outdir: path.join(folder, 'bundle'),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    sourcemap: true,
    sourcesContent: false,
    // Packages in CommonJS ask for Node's own modules by it.
    banner: {
      js:
        "import { createRequire as bundleRequire } from 'node:module';\n" +
        'const require = bundleRequire(import.meta.url);',
    },
    plugins: [smallProtocol(path.join(folder, 'src')), placesOfPackages, lateCommonJs],
    logLevel: 'warning',
  });
}

/** Of Temporal's protocol, only what the SDK's packages and the program in `folder` name goes into the bundle. */
const smallProtocol = (folder) => ({
  name: 'small protocol',
  setup({ onLoad }) {
    onLoad({ filter: /@temporalio\/proto\/protos\/json-module\.js$/ }, () => {
      const packages = path.join(root, 'node_modules');
      const programs = [...SDK.map((name) => path.join(packages, '@temporalio', name)), folder].flatMap(programsIn);
      const subset = JSON.stringify(protoSubset(packages, programs).nested);
      // V8 parses a string in half the time that it takes for the same object in JavaScript.
      const contents = `const { Root } = require('protobufjs/light');
module.exports = new Root().addJSON(JSON.parse(${JSON.stringify(subset)}));`;
      return { contents };
    });
  },
});

/** Packages find their native parts and threads beside their own files, and go on looking there. */
const placesOfPackages = {
  name: 'places of packages',
  setup({ onLoad }) {
    // esbuild names files by their real paths, also where this folder is a link.
    const packages = realpathSync(path.join(root, 'node_modules'));
    onLoad({ filter: /\/node_modules\/.*\.c?js$/ }, async ({ path: file }) => {
      const folder = path.relative(packages, path.dirname(file));
      const text = (await readFile(file, 'utf8'))
        .replace(/require\.resolve\('(\.[^']*)'\)/g, (_, name) => placeOf(path.posix.join(folder, name)))
        .replace(/\b__dirname\b/g, folderAtRunTime(folder))
        .replace(/^\/\/# sourceMappingURL=.*$/gm, '');
      // One line of a map says nothing of a package, and keeps the maps small.
      return { contents: `${text}\n//# sourceMappingURL=data:application/json;base64,${EMPTY_MAP}` };
    });
  },
};

/**
 * A CommonJS package that is imported late has no names in a bundle, which shows only where it is used: it fails the
 * build. A module of ours that exports what is needed of it is imported late instead.
 */
const lateCommonJs = {
  name: 'no late CommonJS',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path: name, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === lateCommonJs || name.startsWith('node:')) return undefined;
      const { path: file, external } = await resolve(name, { kind, resolveDir, pluginData: lateCommonJs });
      if (external || file.endsWith('.mjs') || isModulePackage(path.dirname(file))) return undefined;
      return {
        errors: [{ text: `${name} is CommonJS and is imported late: export what is used in a module of ours` }],
      };
    });
  },
};

/** What the next package.json above says. */
function isModulePackage(folder) {
  const text = readText(path.join(folder, 'package.json'));
  if (text) return JSON.parse(text).type === 'module';
  return isModulePackage(path.dirname(folder));
}

const EMPTY_MAP = Buffer.from('{"version":3,"sources":["package"],"names":[],"mappings":"AAAA"}').toString('base64');

/**
 * Where a package's file is at run time. The thread is in the bundle, whose files lie in folders beside each other.
 * What is no literal name esbuild does not look for.
 */
const placeOf = (file) =>
  `${file}.js` === WORKFLOW_THREAD
    ? "require.resolve(['../worker/workflowThread.js'].join())"
    : `require.resolve('${file}')`;

function folderAtRunTime(folder) {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(folder);
  return `require('node:path').join(require.resolve('${name}/package.json'), '..', '${rest}')`;
}
