// A page's permission to read its stream. It expires; current() gets a new one
// from the app in time, so that a page may stay open for days.
export class StreamToken {
  #token
  #path
  #pending = null

  constructor(token, path) {
    this.#token = token
    this.#path = path
  }

  // A token good for at least half a minute, or else the one there is: the
  // stream server has the last word, and the app may be the one that is down.
  async current() {
    if (secondsLeft(this.#token) > 30) return this.#token
    this.#pending ??= this.#fetch().finally(() => { this.#pending = null })
    try {
      this.#token = await this.#pending
    } catch (error) {
      console.warn("no new stream token:", error.message)
    }
    return this.#token
  }

  // The server refused it, whatever its date says.
  discard() { this.#token = "" }

  async #fetch() {
    const response = await fetch(this.#path, { headers: { Accept: "application/json" } })
    if (!response.ok) throw new Error(`${this.#path}: ${response.status}`)
    return (await response.json()).token
  }
}

function secondsLeft(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")
    return JSON.parse(atob(payload)).exp - Date.now() / 1000
  } catch {
    return 0
  }
}
