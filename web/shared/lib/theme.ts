import { ref, watch } from 'vue'

type Theme = 'light' | 'dark'
/** public/theme.js has set the attribute before the first paint. */
export const theme = ref<Theme>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')
watch(theme, (value) => { document.documentElement.dataset.theme = value })
export function toggleTheme() {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  localStorage.setItem('uzel.theme', theme.value)
}
