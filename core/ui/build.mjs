// Builds core/ui/src into core/ui/dist: hashed files, and manifest.json that names them.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
process.chdir(here);
const out = path.join(here, 'dist');
const began = Date.now();

const entries = {
  base: 'src/base.js',
  live: 'src/live/index.js',
  sounds: 'src/sounds/index.js',
  passkeys: 'src/passkeys.js',
  'lib/lit': 'src/lib/lit.js',
  'lib/directives': 'src/lib/directives.js',
  'lib/sdk': 'src/sdk/index.js',
  style: 'src/css/index.css',
  icons: 'gen/icons.svg',
  favicon: 'src/favicon.svg',
};

/** One SVG sprite of the icons named in icons.txt (Lucide, ISC licence). */
function writeSprite() {
  const names = fs.readFileSync('icons.txt', 'utf8').split(/\s+/).filter(Boolean);
  const symbols = names.map((name) => {
    const svg = fs.readFileSync(`node_modules/lucide-static/icons/${name}.svg`, 'utf8');
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace('</svg>', '').replace(/\s+/g, ' ').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
  });
  fs.mkdirSync('gen', { recursive: true });
  fs.writeFileSync('gen/icons.svg', `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`);
}

/** Modules that pages and plugins share are resolved by the page's import map, so each is loaded once. */
const shared = {
  name: 'shared',
  setup(build) {
    const provider = /\/src\/lib\//;
    build.onResolve({ filter: /^(lit|lit\/directives|@sentralbord\/(sdk|messages))$/ }, (args) =>
      provider.test(args.importer) ? undefined : { path: args.path, external: true });
  },
};

writeSprite();
fs.rmSync(out, { recursive: true, force: true });
const result = await esbuild.build({
  entryPoints: entries,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  target: ['es2022', 'chrome123', 'firefox128', 'safari17.5'],
  outdir: out,
  entryNames: '[dir]/[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  loader: { '.svg': 'copy', '.woff2': 'file' },
  legalComments: 'linked',
  metafile: true,
  sourcemap: process.argv.includes('--dev'),
  logLevel: 'warning',
  plugins: [shared],
});

const relative = (file) => path.relative(out, path.resolve(file));
const manifest = {};
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  const name = Object.keys(entries).find((key) => entries[key] === output.entryPoint);
  if (!name || !/\.(js|css|svg)$/.test(file)) continue;
  const imports = output.imports.filter((i) => i.kind === 'import-statement' && !i.external).map((i) => relative(i.path));
  manifest[name] = { file: relative(file), imports };
}
// The accessibility tests' engine, beside the build so that it is cached with it; left out of the wheel.
fs.mkdirSync(path.join(out, 'testing'));
fs.copyFileSync('node_modules/axe-core/axe.min.js', path.join(out, 'testing/axe.min.js'));

fs.writeFileSync(path.join(out, 'manifest.json'), JSON.stringify(manifest, null, 1));

for (const [name, { file, imports }] of Object.entries(manifest)) {
  const size = [file, ...imports].reduce((sum, f) => sum + zlib.gzipSync(fs.readFileSync(path.join(out, f))).length, 0);
  console.log(`${name.padEnd(16)} ${(size / 1024).toFixed(1).padStart(6)} kB gzipped`);
}
console.log(`front end built in ${Date.now() - began} ms`);
