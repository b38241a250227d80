// Runs before the first paint, from a file: the content policy allows no inline script.
(function () {
  var saved = null
  try { saved = localStorage.getItem('uzel.theme') } catch (e) { /* storage can be forbidden; the system's choice holds */ }
  var dark = saved ? saved === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
