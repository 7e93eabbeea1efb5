import { useStore } from '../lib/store'
import { THEMES, theme } from '../lib/theme'
import { Choice } from '../ui/choice'

const options = THEMES.map(value => ({ value, label: value[0]?.toUpperCase() + value.slice(1) }))

export function ThemeChoice() {
  return <Choice label="Theme" options={options} value={useStore(theme)} onValue={theme.set} />
}
