import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import vue from '@vitejs/plugin-vue'
import tailwind from '@tailwindcss/vite'
import i18n from '@intlify/unplugin-vue-i18n/vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const face = process.env.FACE ?? 'desk'
if (face !== 'desk' && face !== 'portal') throw new Error(`FACE must be desk or portal, not ${face}`)
const port = face === 'desk' ? 5173 : 5174
const backend = process.env.UZEL_BACKEND ?? 'http://127.0.0.1:8000'

/** One build per face: each has its own base path, its own first load and its own budget (scripts/budget.mjs). */
export default defineConfig({
  root: resolve(here, 'apps', face),
  base: `/${face}/`,
  publicDir: resolve(here, 'public'),
  resolve: { alias: { '@': resolve(here, 'shared') } },
  plugins: [vue(), tailwind(), i18n({ include: [resolve(here, 'shared/i18n/*.json')] })],
  define: { __VUE_OPTIONS_API__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  // Nothing is inlined: pages run under a content policy without data: scripts or inline code.
  build: {
    outDir: resolve(here, 'dist', face), emptyOutDir: true, manifest: true, target: 'es2022', assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port, proxy: { '/api': backend } },
  preview: { port, proxy: { '/api': backend } },
})
