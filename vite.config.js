import { readFileSync } from 'node:fs'
import { defineConfig } from 'vite'

const ICONS = new URL('node_modules/@tabler/icons/tabler-nodes-outline.json', import.meta.url)

/** Write icons.json: the name of every Tabler outline icon and what stands between its <svg> tags. */
function icons() {
  const element = ([tag, attributes]) =>
    `<${tag} ${Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(' ')}/>`
  return {
    name: 'tongxin-icons',
    generateBundle() {
      const nodes = JSON.parse(readFileSync(ICONS))
      const inner = Object.fromEntries(
        Object.entries(nodes).map(([name, elements]) => [name, elements.map(element).join('')]),
      )
      this.emitFile({ type: 'asset', fileName: 'icons.json', source: JSON.stringify(inner) })
    },
  }
}

// Hashes are twelve hexadecimal digits: the server lets browsers keep such files for ever.
const hashed = '[name].[hash:12]'

export default defineConfig({
  root: 'frontend',
  base: './',
  plugins: [icons()],
  build: {
    outDir: '../tongxin/ui/static/ui/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: ['chrome87', 'edge88', 'firefox91', 'safari14'],
    assetsInlineLimit: 2048,
    rolldownOptions: {
      input: { main: 'frontend/main.js', field: 'frontend/field/app.js', 'field-worker': 'frontend/field/worker.js' },
      output: {
        hashCharacters: 'hex',
        entryFileNames: `${hashed}.js`,
        chunkFileNames: `${hashed}.js`,
        assetFileNames: `${hashed}[extname]`,
      },
    },
  },
})
