import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';

/** Arrows go one way: client and worker -> activities -> media, upscaler, models -> job. */
const rooms = {
  job: ['media', 'upscaler', 'models', 'activities', 'client', 'worker', 'workflows'],
  models: ['upscaler', 'activities', 'client', 'worker', 'workflows'],
  media: ['upscaler', 'models', 'activities', 'client', 'worker', 'workflows'],
  upscaler: ['activities', 'client', 'worker', 'workflows'],
  activities: ['client', 'worker', 'workflows'],
};
const noRooms = (names) => names.map((name) => ({ regex: `^(\\.\\./)+(src/)?${name}/`, message: `this room may not see ${name}` }));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test-results/**', 'test/histories/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Cycles of packages are theirs.
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
    },
  },
  {
    // The page sees the types of what the server says, and nothing else of it.
    files: ['web/**/*.ts', 'web/**/*.tsx'],
    languageOptions: { parserOptions: { project: './web/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '^\\.\\./src/', allowTypeImports: true, message: 'the page sees types of the server only' }, { regex: '^node:', message: 'the page runs in a browser' }] }] },
  },
  ...Object.entries(rooms).map(([room, banned]) => ({
    files: [`src/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [...noRooms(banned), { regex: 'temporal\\.config', message: 'only client and worker read the configuration' }] }] },
  })),
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [
          { regex: '^node:', message: 'workflow code is deterministic: no Node' },
          ...noRooms(['media', 'upscaler', 'models', 'client', 'worker']),
          { regex: 'temporal\\.config', message: 'workflow code reads no configuration' },
          { regex: '/activities/', allowTypeImports: true, message: 'workflows see the types of activities only' },
        ],
      }],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require'],
    },
  },
);
