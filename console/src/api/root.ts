/** Where the API's routes begin, from the path that the console is served at: all that is before `/console`. */
export function apiRoot(pathname: string): string {
  return /^(.*)\/console(?:\/.*)?$/.exec(pathname)?.[1] ?? ''
}
