// Checks the built package in every supported runtime. npx fetches the runtimes when needed, so that the package's own
// tools stay small.
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

// The edge runtime runs scripts, not modules.
await build({ absWorkingDir: root, entryPoints: [check], outfile: script, bundle: true, format: 'iife' })

for (const [name, ...args] of runtimes) {
  const { stdout } = spawnSync('npx', ['--yes', name, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
  // Not if the runtime could not start or ended early.
  const passed = stdout?.trim() === 'passed'
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
  if (!passed) process.exitCode = 1
}
