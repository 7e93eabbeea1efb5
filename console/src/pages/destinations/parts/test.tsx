import { CircleCheck, Send } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { messageOf } from '../../../api/error'
import type { Destination, TestResult as Tested } from '../../../api/types'
import { failedTest, sendTest } from '../../../api/verification'
import { href } from '../../../router/hash'
import { Button } from '../../../ui/button'
import { Json } from '../../../ui/json'
import { Notice } from '../../../ui/states'
import { refreshHealth } from '../verify/refresh'

/** Sends tests to a destination and keeps the answer to the last one. */
export function useTest(destination: Destination) {
  const [result, setResult] = useState<Tested | null>(null)
  const action = useAction(
    async () => {
      setResult(null)
      setResult(await sendTest(destination))
      refreshHealth()
    },
    { quiet: true },
  )
  return { ...action, result: result ?? failedTest(action.error) }
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

/** The result of the last test, with the destination's answer and a link to the test in the log. */
export function TestResult({ test }: { test: Test }) {
  const { error, result } = test
  return (
    <div aria-live="polite" class={result || error ? 'stack-s' : 'hidden'}>
      {result?.success && (
        <Notice tone="good" icon={<CircleCheck size={16} />}>
          {`Test succeeded: ${result.detail ?? 'The destination accepted it.'}`} <Link result={result} />
        </Notice>
      )}
      {error && (
        <Notice tone="bad">
          {`Test failed: ${messageOf(error)}`} <Link result={result} />
        </Notice>
      )}
      {error && result?.response && <Json text={result.response} label="response to the test" />}
    </div>
  )
}

const Link = ({ result }: { result: Tested | null }) =>
  result?.delivery_id ? <a href={href(`/deliveries/${result.delivery_id}`)}>Show the test</a> : null
