// Fails when the JavaScript that a face loads first is over its budget. Sizes are gzip, in kB of 1000 bytes.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'

const BUDGETS = { desk: 190, portal: 130 }
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const gzipped = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000

let over = false
for (const [face, budget] of Object.entries(BUDGETS)) {
  const manifest = JSON.parse(readFileSync(`${dist}${face}/.vite/manifest.json`, 'utf8'))
  const first = new Set()
  const styles = new Set()
  const take = (key) => {
    const chunk = manifest[key]
    if (!chunk || first.has(chunk.file)) return
    first.add(chunk.file)
    for (const css of chunk.css ?? []) styles.add(css)
    for (const next of chunk.imports ?? []) take(next)
  }
  Object.keys(manifest).filter((key) => manifest[key].isEntry).forEach(take)
  // One language is loaded before anything is drawn: the larger one counts.
  const words = (locale) => Object.entries(manifest).filter(([key]) => key.endsWith(`.${locale}.json`)).map(([, chunk]) => chunk.file)
  const sum = (files) => files.reduce((total, file) => total + gzipped(`${dist}${face}/${file}`), 0)
  const js = sum([...first]) + Math.max(sum(words('ru')), sum(words('en')))
  over ||= js > budget
  console.log(`${face}: first load ${js.toFixed(1)} kB of ${budget} kB JavaScript, ${sum([...styles]).toFixed(1)} kB CSS${js > budget ? '  <- OVER' : ''}`)
}
process.exitCode = over ? 1 : 0
