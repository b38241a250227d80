/** "84 КБ": sizes for file lists, unit words from Intl; nothing is smaller than a kilobyte. */
export function bytes(locale: string, size: number): string {
  const [unit, value] = size < 1024 ** 2 ? (['kilobyte', Math.max(1, size / 1024)] as const) : (['megabyte', size / 1024 ** 2] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: unit === 'megabyte' && value < 10 ? 1 : 0 }).format(value)
}
