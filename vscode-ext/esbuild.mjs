// Bundles the extension into dist/extension.js, and the pages of its views into dist/*View.js and .css. --minify: without a source map, for the
// package; --watch: again after each change.
// --tests: each test/X.test.ts into out/test/X.test.mjs. `vscode` does not exist there, so a module under test must not import it.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const flags = new Set(process.argv.slice(2));
const common = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node18', logLevel: 'warning' };

if (flags.has('--tests')) {
  rmSync(`${root}out/test`, { recursive: true, force: true });
  const entryPoints = readdirSync(`${root}test`).filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`);
  await esbuild.build({
    ...common, entryPoints, outdir: 'out/test', format: 'esm', outExtension: { '.js': '.mjs' }, sourcemap: 'inline',
  });
} else {
  const minify = flags.has('--minify');
  const options = {
    ...common, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', format: 'cjs', external: ['vscode'], minify, sourcemap: !minify,
  };
  const views = {
    ...common, entryPoints: ['src/webview/syscallsView.ts'], outdir: 'dist', format: 'iife', platform: 'browser', target: 'chrome120', minify,
  };
  for (const bundle of [options, views]) {
    if (flags.has('--watch'))
      await (await esbuild.context(bundle)).watch();
    else
      await esbuild.build(bundle);
  }
}
