export interface Piece { text: string; href?: string }

const LINK = /\bhttps?:\/\/[^\s<>"'«»]+/gi
/** Plain text cut at its web addresses. A full stop or bracket that ends the sentence is not part of the address. */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(LINK)) {
    let href = match[0].replace(/[.,;:!?…]+$/, '')
    if (href.endsWith(')') && !href.includes('(')) href = href.slice(0, -1)
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) })
    pieces.push({ text: href, href })
    at = match.index + href.length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return pieces
}
