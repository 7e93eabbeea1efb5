type Read = { data: Record<string, unknown>; problem: null } | { data: null; problem: string }

/** The data of an event as it was typed, or what is wrong with it. */
export function readData(text: string): Read {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
      return { data: data as Record<string, unknown>, problem: null }
    }
    return { data: null, problem: 'Data is an object: it begins with { and ends with }.' }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'it cannot be read'
    return { data: null, problem: `This is not JSON: ${why}.` }
  }
}
