import { CircleCheck, Send } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { sentence } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { sendTest } from '../../../api/verification'
import { Button } from '../../../ui/button'
import { Notice } from '../../../ui/states'
import { refreshHealth } from '../verify/refresh'

/** A test that can be sent to a destination, and what was said to the last one. */
export function useTest(destination: Destination) {
  const [said, setSaid] = useState<string | null>(null)
  const action = useAction(
    async () => {
      setSaid(null)
      setSaid(await sendTest(destination))
      refreshHealth()
    },
    { quiet: true },
  )
  return { ...action, said }
}

type Test = ReturnType<typeof useTest>

export function TestButton({ test, offBecause }: { test: Test; offBecause?: string | null }) {
  return (
    <Button
      writes
      icon={<Send size={15} />}
      busy={test.busy}
      offBecause={offBecause ?? null}
      onClick={() => void test.run()}
    >
      Send test
    </Button>
  )
}

/** How the destination answered. */
export function TestSaid({ test }: { test: Test }) {
  return (
    <div aria-live="polite" class={test.said || test.error ? '' : 'hidden'}>
      {test.said && (
        <Notice tone="good" icon={<CircleCheck size={16} />}>
          {`The test arrived: ${test.said}`}
        </Notice>
      )}
      {test.error && <Notice tone="bad">{`The test did not arrive: ${sentence(test.error)}`}</Notice>}
    </div>
  )
}
