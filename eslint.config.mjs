import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The rooms of src, from the highest to the lowest, and what each may see besides itself: nothing else. */
const rooms = {
  cli: ['dashboard', 'supervisor', 'worker', 'client', 'workflows', 'upscaler', 'models', 'media', 'job', 'lib'],
  dashboard: ['client', 'workflows', 'models', 'media', 'job', 'lib'],
  supervisor: ['worker', 'client', 'upscaler', 'media', 'lib'],
  worker: ['activities', 'client', 'upscaler', 'media', 'job', 'lib'],
  activities: ['client', 'upscaler', 'media', 'job', 'lib'],
  client: ['workflows', 'upscaler', 'models', 'media', 'job', 'lib'],
  workflows: ['job', 'lib'],
  upscaler: ['models', 'media', 'job', 'lib'],
  models: ['job', 'lib'],
  media: ['job', 'lib'],
  job: ['lib'],
  lib: [],
};
/** The same of src/media. */
const mediaRooms = {
  verify: ['merge', 'source', 'picture', 'ffmpeg'],
  preview: ['picture', 'ffmpeg'],
  compare: ['source', 'picture', 'ffmpeg'],
  merge: ['encode', 'source', 'picture', 'ffmpeg'],
  encode: ['source', 'picture', 'ffmpeg'],
  intermediate: ['source', 'picture', 'ffmpeg'],
  source: ['picture', 'ffmpeg'],
  picture: ['ffmpeg'],
  ffmpeg: [],
};
const zones = (folder, names) =>
  Object.entries(names).map(([room, seen]) => ({
    target: `./${folder}/${room}`,
    from: `./${folder}`,
    except: [room, ...seen].map((name) => `./${name}`),
    message: `${folder}/${room} sees ${seen.join(', ') || 'no other room'}`,
  }));
const configuration = {
  regex: 'temporal\\.config',
  allowTypeImports: true,
  message: 'only the command line and the entries of workers and supervisors read the configuration',
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test-results/**', 'test/histories/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      // Files say `.js` of each other, as they are called when compiled.
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } })],
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Cycles of packages are theirs.
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/order': [
        'error',
        {
          groups: ['builtin', 'external', ['parent', 'sibling', 'index']],
          alphabetize: { order: 'asc', caseInsensitive: true },
          'newlines-between': 'never',
          named: false,
        },
      ],
      'import-x/no-restricted-paths': [
        'error',
        { zones: [...zones('src', rooms), ...zones('src/media', mediaRooms)] },
      ],
    },
  },
  {
    // The page sees the types of what the server says, and nothing else of it.
    files: ['web/**/*.ts', 'web/**/*.tsx'],
    languageOptions: { parserOptions: { project: './web/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^\\.\\./src/', allowTypeImports: true, message: 'the page sees types of the server only' },
            { regex: '^node:', message: 'the page runs in a browser' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/{dashboard,activities,client,upscaler,models,media,job,lib}/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [configuration] }] },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^node:', message: 'workflow code is deterministic: no Node' },
            { regex: 'temporal\\.config', message: 'workflow code reads no configuration' },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require'],
    },
  },
);
