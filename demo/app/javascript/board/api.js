// Requests to the app. Resolves to the answer's JSON (null if it has none);
// rejects with a sentence that can be shown.
export async function request(method, path, body) {
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? ""
  let response
  try {
    response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
      body: body && JSON.stringify(body),
    })
  } catch {
    throw new Error("The app cannot be reached. Your text is still here.")
  }
  if (response.status === 204) return null
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.error ?? `The app answered ${response.status}.`)
  return answer
}
