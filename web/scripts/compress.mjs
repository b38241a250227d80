// A .gz beside every text file of the built faces: the server sends it as it stands and never compresses by itself.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const TEXT = new Set(['.js', '.css', '.html', '.svg', '.json', '.webmanifest', '.txt'])
const WORTH = 0.95 // of the size; what saves less is sent as it is
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')

for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name)
  if (!TEXT.has(extname(file)) || !statSync(file).isFile()) continue
  const plain = readFileSync(file)
  const packed = gzipSync(plain, { level: 9 })
  if (packed.length < plain.length * WORTH) writeFileSync(`${file}.gz`, packed)
}
