// Times as people say them. Every <time class="when" datetime="…"> on the page is
// kept up to date.
const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]]
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" })

export function keepTimesFresh() {
  refreshTimes()
  setInterval(refreshTimes, 20_000)
}

export function setTime(element, iso) {
  element.dateTime = iso
  refresh(element)
}

function refreshTimes() {
  document.querySelectorAll("time.when[datetime]").forEach(refresh)
}

function refresh(element) {
  const then = new Date(element.dateTime)
  const seconds = (Date.now() - then) / 1000
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? []
  element.textContent = unit ? words.format(-Math.floor(seconds / size), unit) : "just now"
  element.title = then.toLocaleString()
}
