/** The path of the API's root: everything before `/console` in the path of the page. */
export function apiRoot(pathname: string): string {
  return /^(.*)\/console(?:\/.*)?$/.exec(pathname)?.[1] ?? ''
}
