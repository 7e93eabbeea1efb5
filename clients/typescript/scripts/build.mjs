// Bundles the package into one file that includes the parts of @noble/hashes, so that it has no dependencies.
import { copyFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const dist = new URL('dist/', root)

await rm(dist, { recursive: true, force: true })
await build({
  absWorkingDir: fileURLToPath(root),
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  charset: 'utf8',
  // Points to the notice that the license of @noble/hashes requires.
  footer: { js: '// Holds parts of @noble/hashes (MIT): see THIRD_PARTY_NOTICES.txt beside this file.' },
})
await copyFile(new URL('node_modules/@noble/hashes/LICENSE', root), new URL('THIRD_PARTY_NOTICES.txt', dist))
