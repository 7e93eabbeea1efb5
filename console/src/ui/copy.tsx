import { Check, Copy } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import { toast } from '../lib/toasts'
import { Button, IconButton } from './button'

/** A button that copies a text, with `children` as its text or with an icon only. */
export function CopyButton({ text, label = 'Copy', children }: { text: string; label?: string; children?: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => toast.error('The browser blocked copying. Select the text and copy it manually.'),
    )
  const icon = copied ? <Check size={14} /> : <Copy size={14} />
  const hint = copied ? 'Copied' : label
  return children ? (
    <Button size="s" icon={icon} onClick={copy}>
      {copied ? 'Copied' : children}
    </Button>
  ) : (
    <IconButton size="s" label={hint} icon={icon} onClick={copy} />
  )
}
