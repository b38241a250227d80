import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'

const here = fileURLToPath(new URL('.', import.meta.url))
export default defineConfig({
  resolve: { alias: { '@': resolve(here, 'shared') } },
  plugins: [vue()],
  test: { environment: 'jsdom', include: ['tests/**/*.test.ts'], env: { TZ: 'UTC' }, maxWorkers: 2 },
})
