export function Logo() {
  return (
    <span class="logo">
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--accent-fill)" />
        <path d="M8 11.5h16M8 16.5h11M8 21.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round" />
        <circle cx="23" cy="20.5" r="3.25" fill="#fff" />
      </svg>
      <span>
        STACK <span class="muted">Notifications</span>
      </span>
    </span>
  )
}
