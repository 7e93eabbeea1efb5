import { defineConfig } from 'vitest/config'

// In development the API is another origin: the dev server passes its routes on, so that the console's own code
// knows one origin only, as where it is deployed.
const api = process.env.API_URL ?? 'http://localhost:4566'
const passOn = { target: api, changeOrigin: true }

export default defineConfig({
  // The console is served below the API's root, wherever that is.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: { react: 'preact/compat' },
    dedupe: ['preact'],
  },
  build: {
    outDir: '../functions/console/dist',
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari18'],
    // One script of this size is fetched sooner than several that wait for each other.
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // SWR marks its modules for servers that render React; in a bundle for browsers the mark means nothing.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
  test: {
    // Loaded by Node.js itself, SWR and its shim would get a Preact of their own.
    alias: { 'use-sync-external-store/shim': 'preact/compat' },
    server: { deps: { inline: ['swr'] } },
  },
  server: {
    proxy: { '/v1': passOn, '/mail': passOn, '/api': passOn },
  },
})
