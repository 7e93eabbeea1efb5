// Names the properties of an object that are not known.
export function unknownKeys(object, known) {
  return Object.keys(object).filter((key) => !known.includes(key)).map((key) => `unknown property ${key}`);
}
