import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const compressibleBytesMin = 512

/** Writes a brotli and a gzip form beside each file of the build, so that the server compresses nothing. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
          if (bytes.length < compressibleBytesMin || !/\.(js|css|html|json|svg|webmanifest)$/.test(file.fileName))
            continue
          // level 11 costs seconds of CPU and saves a hundredth
          const source = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.br`, source })
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzipSync(bytes, { level: 9 }) })
        }
      },
    },
  }
}

/** Tells the service worker the files of the build but those of `/lab`, so that pages that were not opened yet open without a network too. */
function listShell(): Plugin {
  return {
    name: 'list-shell',
    apply: 'build',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') return this.error('The build has no sw.js.')
      const files = Object.keys(bundle).filter((name) => /^assets\/(?!lab-).*\.(js|css)$/.test(name))
      const code = worker.code.replace('%SHELL%', files.map((name) => `/${name}`).join(' '))
      if (code === worker.code) this.error('sw.js has no place for the list of files.')
      worker.code = code
    },
  }
}

const server = process.env.KABAR_URL ?? 'http://localhost:4000'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), listShell(), precompress()],
  // the client package as its sources, so that nothing has to be built before
  resolve: { conditions: ['kabar-source', ...defaultClientConditions] },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    outDir: process.env.KABAR_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: 'baseline-widely-available',
    // older targets have light-dark() rewritten, and then a theme set by the page would not take
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/service-worker.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // what several pages share is one file, not forty
        codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      },
    },
  },
  server: { proxy: { '/graphql': { target: server, ws: true }, '/media': server } },
})
