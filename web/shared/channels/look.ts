/** How one kind of channel is drawn and called. Adding a channel adds a file to kinds/, nothing else. */
export interface ChannelLook {
  kind: string
  ru: string
  en: string
  light: string
  dark: string
  path: string
  viewBox: string
}
