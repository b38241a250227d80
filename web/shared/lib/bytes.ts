/** "84 КБ": decimal-free sizes for file lists, unit words from Intl. */
export function bytes(locale: string, size: number): string {
  const [unit, value] = size < 1024 ? (['byte', size] as const) : size < 1024 ** 2 ? (['kilobyte', size / 1024] as const) : (['megabyte', size / 1024 ** 2] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: unit === 'megabyte' && value < 10 ? 1 : 0 }).format(value)
}
