// Runs a check of the built package in every runtime it is meant for. They are fetched by npx when needed, so that
// installing the package's own tools stays small.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const check = 'test/runtimes/check.mjs'
const script = 'build/runtimes/check.js'

const runtimes = [
  ['node@18.20.8', check],
  ['node@20.19.5', check],
  ['node@22.21.1', check],
  ['deno@2.9.6', 'run', check],
  ['bun@1.4.5', check],
  ['edge-runtime@4.0.1', script],
]

// The edge runtime takes a script, not a module.
await build({ absWorkingDir: root, entryPoints: [check], outfile: script, bundle: true, format: 'iife' })

for (const [name, ...args] of runtimes) {
  const { stdout } = spawnSync('npx', ['--yes', name, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
  // A runtime that could not start, or ended early, has not said so.
  const passed = stdout?.trim() === 'passed'
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
  if (!passed) process.exitCode = 1
}
