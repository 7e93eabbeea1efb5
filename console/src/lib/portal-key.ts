/** The key in the address of a portal link; null for all other addresses. */
export function portalKey(hash: string): string | null {
  return /^#portal=(sk_live_pt_[a-z2-7]{40})$/.exec(hash)?.[1] ?? null
}

/** Whether a key belongs to a portal link. */
export const isPortalKey = (key: string | null): boolean => key?.startsWith('sk_live_pt_') ?? false
