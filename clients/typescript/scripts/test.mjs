// Runs the tests against the built package. Node 18 and 20 cannot run TypeScript, so esbuild compiles the tests.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const sources = readdirSync(`${root}test`).filter(name => name.endsWith('.ts'))

rmSync(`${root}build`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: sources.map(name => `test/${name}`),
  outdir: 'build/test',
  format: 'esm',
  target: 'es2022',
})
const tests = sources.filter(name => name.endsWith('.test.ts')).map(name => `build/test/${name.replace(/ts$/, 'js')}`)
const { status } = spawnSync(process.execPath, ['--test', ...tests], { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
