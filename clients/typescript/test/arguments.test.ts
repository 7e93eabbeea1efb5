import { test } from 'node:test'
import { refuses, request } from './signing.js'

const changed = (changes: object) => ({ ...request(), ...changes })

test('a missing secret is an error of the receiver, regardless of the request', async () => {
  const error = { name: 'TypeError', message: /secret/ }
  for (const secret of ['', undefined, null, 7, [], [''], ['whsec_a', ''], ['whsec_a', undefined]]) {
    await refuses(changed({ secret }), error)
    await refuses(changed({ secret, signatureHeader: null }), error)
  }
})

test('a parsed body is an error of the receiver', async () => {
  const error = { name: 'TypeError', message: /raw request body.*before JSON parsing/ }
  for (const rawBody of [{ id: 'evt_1' }, {}, [], null, undefined, 7]) {
    await refuses(changed({ rawBody }), error)
  }
})

test('a tolerance must be a finite number of at least 0', async () => {
  for (const toleranceSeconds of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await refuses(changed({ toleranceSeconds }), { name: 'RangeError', message: /toleranceSeconds/ })
  }
  await refuses(changed({ toleranceSeconds: '300' }), { name: 'TypeError', message: /toleranceSeconds/ })
})

test('an invalid time is rejected, because it would accept every timestamp', async () => {
  for (const now of [Number.NaN, new Date('no date'), '2026-01-01']) {
    await refuses(changed({ now }), { name: 'TypeError', message: /now/ })
  }
})
