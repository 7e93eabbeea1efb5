import { defineConfig } from 'vitest/config'

// The dev server forwards API requests, so that the console and the API have the same origin, as in production.
const api = process.env.API_URL ?? 'http://localhost:4566'
const proxyTo = { target: api, changeOrigin: true }

export default defineConfig({
  // The console is served below the API's root, whose path differs between deployments.
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
    // One script of this size loads faster than several scripts that depend on each other.
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // SWR marks its modules with "use client" for servers that render React. A bundle for browsers does not need it.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
  test: {
    // If Node.js loaded SWR and its shim, they would use another copy of Preact.
    alias: { 'use-sync-external-store/shim': 'preact/compat' },
    server: { deps: { inline: ['swr'] } },
  },
  server: {
    proxy: { '/v1': proxyTo, '/mail': proxyTo, '/api': proxyTo },
  },
})
