// Who writes in this window: a name and a colour, made up once per window and
// kept in its session storage, so that two windows are two people.
const first = ["Quiet", "Amber", "Brisk", "Clever", "Dusty", "Early", "Gentle", "Merry", "Nimble", "Sunny", "Velvet", "Wild"]
const second = ["Heron", "Larch", "Finch", "Rowan", "Otter", "Maple", "Plover", "Willow", "Badger", "Linnet", "Aspen", "Marten"]
const storageKey = "identity"

export function identity() {
  const stored = sessionStorage.getItem(storageKey)
  return stored ? JSON.parse(stored) : save({ author: `${pick(first)} ${pick(second)}`, hue: Math.floor(Math.random() * 360) })
}

// Lets the person change the name; `chip` is the element that shows it.
export function showIdentity(chip) {
  draw(chip)
  const name = chip.querySelector("[data-name]")
  name.addEventListener("change", () => {
    const author = name.value.trim()
    if (author) save({ ...identity(), author })
    draw(chip)
  })
  name.addEventListener("keydown", (event) => { if (event.key === "Enter") name.blur() })
  chip.querySelector("[data-avatar]").addEventListener("click", () => {
    save({ ...identity(), hue: (identity().hue + 47) % 360 })
    draw(chip)
  })
}

export function initials(name) {
  return name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("")
}

function draw(chip) {
  const { author, hue } = identity()
  chip.style.setProperty("--hue", hue)
  chip.querySelector("[data-name]").value = author
  chip.querySelector("[data-avatar]").textContent = initials(author)
}

function save(value) {
  sessionStorage.setItem(storageKey, JSON.stringify(value))
  return value
}

function pick(words) {
  return words[Math.floor(Math.random() * words.length)]
}
