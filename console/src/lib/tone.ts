/** The colors of badges and timeline marks. */
export type Tone = 'green' | 'amber' | 'red' | 'violet' | 'grey' | 'blue'
