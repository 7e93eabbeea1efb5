import { CircleCheck, Send } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { messageOf } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { sendTest } from '../../../api/verification'
import { Button } from '../../../ui/button'
import { Notice } from '../../../ui/states'
import { refreshHealth } from '../verify/refresh'

/** Sends tests to a destination and keeps the answer to the last one. */
export function useTest(destination: Destination) {
  const [detail, setDetail] = useState<string | null>(null)
  const action = useAction(
    async () => {
      setDetail(null)
      setDetail(await sendTest(destination))
      refreshHealth()
    },
    { quiet: true },
  )
  return { ...action, detail }
}

type Test = ReturnType<typeof useTest>

export function TestButton({ test, disabledReason }: { test: Test; disabledReason?: string | null }) {
  return (
    <Button
      writes
      icon={<Send size={15} />}
      busy={test.busy}
      disabledReason={disabledReason ?? null}
      onClick={() => void test.run()}
    >
      Send test
    </Button>
  )
}

/** The result of the last test. */
export function TestResult({ test }: { test: Test }) {
  return (
    <div aria-live="polite" class={test.detail || test.error ? '' : 'hidden'}>
      {test.detail && (
        <Notice tone="good" icon={<CircleCheck size={16} />}>
          {`Test succeeded: ${test.detail}`}
        </Notice>
      )}
      {test.error && <Notice tone="bad">{`Test failed: ${messageOf(test.error)}`}</Notice>}
    </div>
  )
}
