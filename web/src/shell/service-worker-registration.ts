const address = '/sw.js'

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** Lets the service worker keep the shell. Its address is all that ever becomes a script by its text. */
export function registerServiceWorker(): void {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
  const policy = types?.createPolicy('kabar', {
    createScriptURL(url) {
      if (url !== address) throw new TypeError(`${url} is no script of Kabar.`)
      return url
    },
  })
  // without one, or where it may not be, the pages work as well
  navigator.serviceWorker?.register(policy?.createScriptURL(address) ?? address).catch(() => {})
}
