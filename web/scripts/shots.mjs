// Screenshots of both faces, 1440x900 and 390x844, light and dark, Russian and English, with an axe run on each page.
// Needs a running Uzel with demonstration data: `npm run shots -- [origin] [filter]`; UZEL_DESK / UZEL_PORTAL hold "login:password",
// UZEL_PORTAL_ORIGIN another origin for the portal. Writes to shots/ beside web/ (git-ignored).
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'

const [origin = 'http://127.0.0.1:8000', filter = ''] = process.argv.slice(2)
const origins = { desk: origin, portal: process.env.UZEL_PORTAL_ORIGIN ?? origin }
const people = { desk: process.env.UZEL_DESK ?? 'agent:demo', portal: process.env.UZEL_PORTAL ?? 'user:demo' }
const out = fileURLToPath(new URL('../../shots/', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

const first = async (page) => { await page.getByTestId('ticket-row').first().click(); await page.getByTestId('timeline-entry').first().waitFor() }
const merge = async (page) => {
  const other = await page.getByTestId('ticket-row').nth(2).getAttribute('data-number')
  await first(page)
  await page.getByTestId('ticket-menu').click()
  await page.getByTestId('menu-merge').click()
  await page.getByTestId('merge-search').fill(other)
  await page.getByTestId('merge-offer').first().click()
  await page.getByTestId('merge-confirm').and(page.locator(':enabled')).waitFor()
}
const scenes = {
  desk: {
    'sign-in': { signedOut: true },
    list: { path: 'open', wait: 'ticket-row' },
    ticket: { path: 'open', wait: 'ticket-row', run: first },
    why: { path: 'open', wait: 'ticket-row', run: async (page) => { await first(page); await page.getByTestId('why-chip').last().click() } },
    via: { path: 'open', wait: 'ticket-row', run: async (page) => { await first(page); await page.getByTestId('composer-via').click() } },
    note: { path: 'open', wait: 'ticket-row', run: async (page) => { await first(page); await page.getByTestId('composer-note').click(); await page.getByTestId('composer-text').fill('Проверить утром') } },
    merge: { path: 'open', wait: 'ticket-row', run: merge },
    split: { path: 'open', wait: 'ticket-row', run: async (page) => { await first(page); await page.getByTestId('ticket-menu').click(); await page.getByTestId('menu-split').click() } },
    person: { path: 'open', wait: 'ticket-row', only: 'phone', run: async (page) => { await first(page); await page.getByTestId('person-button').click() } },
    menu: { path: 'open', wait: 'ticket-row', only: 'phone', run: (page) => page.getByTestId('menu-button').click() },
    create: { path: 'open', wait: 'ticket-row', run: (page) => page.keyboard.press('KeyC') },
    keys: { path: 'open', wait: 'ticket-row', run: (page) => page.keyboard.press('Shift+Slash') },
    empty: { path: 'closed' },
    quarantine: { path: 'admin/quarantine' },
    channels: { path: 'admin/channels' },
    catalogue: { path: 'admin/catalogue' },
    people: { path: 'admin/people' },
  },
  portal: {
    'sign-in': { signedOut: true },
    home: { path: '', wait: 'ticket-row' },
    new: { path: 'new' },
    ticket: { path: '', wait: 'ticket-row', run: first },
  },
}

async function signIn(page, face) {
  const [login, password] = people[face].split(':')
  await page.goto(`${origins[face]}/${face}/`)
  const by = page.getByTestId('sign-in-by')
  await by.or(page.getByTestId('sign-in-login')).first().waitFor()
  if (await by.count()) await by.click()
  await page.getByTestId('sign-in-login').fill(login)
  await page.getByTestId('sign-in-password').fill(password)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('sign-in-submit').waitFor({ state: 'detached' })
}

async function shoot(page, face, name, scene, label) {
  await page.goto(`${origins[face]}/${face}/${scene.path ?? ''}`)
  if (scene.wait) await page.getByTestId(scene.wait).first().waitFor()
  await scene.run?.(page)
  await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => undefined) // the live stream never goes idle
  await page.screenshot({ path: `${out}${label}.png` })
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  for (const v of found.violations) console.log(`  ${label}: ${v.id} (${v.impact}) ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)
  return found.violations.length
}

mkdirSync(out, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
let problems = 0
for (const face of Object.keys(scenes)) for (const [size, viewport] of Object.entries(sizes)) for (const theme of ['light', 'dark']) for (const locale of ['ru', 'en']) {
  const wanted = Object.entries(scenes[face]).map(([name, scene]) => [name, scene, `${face}-${name}-${size}-${theme}-${locale}`]).filter(([, , label]) => label.match(filter))
  if (!wanted.length) continue
  const context = await browser.newContext({ viewport, colorScheme: theme, locale: locale === 'ru' ? 'ru-RU' : 'en-GB', deviceScaleFactor: size === 'phone' ? 2 : 1, timezoneId: 'Europe/Moscow' })
  await context.addInitScript((l) => localStorage.setItem('uzel.locale', l), locale)
  const page = await context.newPage()
  page.on('pageerror', (error) => { problems++; console.log(`  page error: ${error.message}`) })
  page.on('console', (m) => { if (m.type() === 'error' || m.text().includes('[Vue warn]')) console.log(`  console: ${m.text().slice(0, 300)}`) })
  let signedIn = false
  for (const [name, scene, label] of wanted.toSorted((a, b) => Number(Boolean(b[1].signedOut)) - Number(Boolean(a[1].signedOut)))) {
    if (scene.only && scene.only !== size) continue
    if (!scene.signedOut && !signedIn) { await signIn(page, face); signedIn = true }
    try {
      problems += await shoot(page, face, name, scene, label)
    } catch (error) { problems++; console.log(`  ${label}: ${String(error.message).split('\n')[0]}`) }
  }
  await context.close()
}
await browser.close()
console.log(problems ? `${problems} problems` : 'no problems')
process.exitCode = problems ? 1 : 0
