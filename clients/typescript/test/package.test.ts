import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// Tests run from build/test.
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the bundle works alone in any runtime', () => {
  const bundle = read('dist/index.js')
  assert.match(bundle, /^export \{/m)
  assert.doesNotMatch(bundle, /^\s*import[\s{(*]|\bimport\(|\brequire\(|node:|\bprocess\.|\bBuffer\b/m)
  const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(read('package.json'))
  assert.deepEqual([dependencies, peerDependencies, optionalDependencies], [undefined, undefined, undefined])
})

test('the package contains the notice of the bundled code', () => {
  assert.match(read('dist/THIRD_PARTY_NOTICES.txt'), /MIT License[\s\S]*Copyright \(c\) 2022 Paul Miller/)
  assert.match(read('dist/index.js'), /@noble\/hashes \(MIT\): see THIRD_PARTY_NOTICES\.txt/)
})

test('the lock file contains no registry, and every tool is pinned', () => {
  const lock = read('package-lock.json')
  assert.doesNotMatch(lock, /"resolved"/)
  for (const version of Object.values(JSON.parse(read('package.json')).devDependencies)) {
    assert.match(String(version), /^\d+\.\d+\.\d+$/)
  }
})
