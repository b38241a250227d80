import { ref } from 'vue'
import { defineStore } from 'pinia'

/** What is open over the desk. */
export const useDeskUi = defineStore('desk-ui', () => ({ nav: ref(false), keys: ref(false), creating: ref(false), password: ref(false) }))
