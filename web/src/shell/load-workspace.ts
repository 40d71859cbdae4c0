/** Loads the pages of who is signed in, which nobody needs before. */
export const loadWorkspace = () => import('./workspace.tsx')
