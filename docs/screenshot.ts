import { chromium } from 'playwright-core'

/**
 * Takes the pictures of the docs: `tsx docs/screenshot.ts <url> <file.png>`. Uses a Chromium of the system
 * (UNWIND_CHROMIUM, else Debian's path), because no browser comes with the package.
 */
const [url, file] = process.argv.slice(2)
if (!url || !file) throw new Error('say which page and which file: tsx docs/screenshot.ts <url> <file.png>')
const browser = await chromium.launch({
  executablePath: process.env['UNWIND_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1700 } })
  await page.goto(url, { timeout: 30_000, waitUntil: 'load' })
  await page.getByText('rollback/').first().waitFor({ timeout: 30_000 })
  await page.waitForTimeout(4_000)
  await page.screenshot({ path: file, timeout: 15_000 })
} finally {
  await browser.close()
}
