/**
 * Writes a field above GraphiQL for the access token of all its tabs.
 *
 * It holds the given token until somebody signs in or writes another one.
 */
export const tokenField = (token: string) => /* HTML */ `
  <style>
    body { display: flex; flex-direction: column; height: 100vh; margin: 0; overflow: hidden; }
    #root { flex: 1; min-height: 0; }
    #root .graphiql-container { height: 100%; }
    /* its animation leaves tabs beside their places, where a press moves them from under the pointer */
    #root .graphiql-tab { transform: none !important; }
    #token { padding: 6px 12px; font: 14px system-ui, sans-serif; color-scheme: light dark; }
    #token { background: Canvas; color: CanvasText; border-bottom: 1px solid GrayText; }
    #token input { width: min(50ch, 50vw); font: inherit; }
  </style>
  <label id="token">Access token of all tabs <input spellcheck="false" autocomplete="off" /></label>
  <script>
    (() => {
      const field = document.querySelector('#token input')
      document.body.prepend(field.parentElement)
      const keep = (token) => {
        field.value = token
        sessionStorage.setItem('kabar token', token)
      }
      keep(sessionStorage.getItem('kabar token') || ${JSON.stringify(token)})
      field.addEventListener('input', () => keep(field.value))

      // an answer with a token signs all tabs in
      const take = ({ data }) => {
        if (data?.signOut) keep('')
        for (const payload of Object.values(data || {})) if (payload?.accessToken) keep(payload.accessToken)
      }
      const ask = window.fetch
      window.fetch = async (url, init = {}) => {
        const headers = new Headers(init.headers)
        const token = field.value.trim()
        if (token && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + token)
        const response = await ask(url, { ...init, headers })
        if (response.headers.get('content-type')?.includes('json')) response.clone().json().then(take, () => {})
        return response
      }
    })()
  </script>
`
