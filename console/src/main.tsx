import { render } from 'preact'
import { startSession } from './api/session'
import { App } from './app'
import { startTheme } from './lib/theme'
import './styles/tokens.css'
import './styles/base.css'

startTheme()
startSession()
const root = document.getElementById('app')
if (root) render(<App />, root)
