import type { CodeSample } from '../destinations/parts/snippets'

const express = `// npm install express svix
import express from 'express'
import { Webhook } from 'svix'

const app = express()
const webhook = new Webhook(process.env.STACK_WEBHOOK_SECRET)

// The signature covers the raw body, so nothing may parse it first.
const raw = express.raw({ type: '*/*' })

app.post('/webhooks/stack', raw, (request, response) => {
  try {
    webhook.verify(request.body, request.headers)
  } catch {
    return response.status(400).send('Wrong signature')
  }
  const event = JSON.parse(request.body)
  console.log(event.type, event.data)
  response.sendStatus(204)
})

app.listen(3000)`

const python = `# pip install fastapi uvicorn svix
import json
import os

from fastapi import FastAPI, HTTPException, Request
from svix.webhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["STACK_WEBHOOK_SECRET"])

@app.post("/webhooks/stack", status_code=204)
async def receive(request: Request):
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(400, "Wrong signature")
    event = json.loads(body)
    print(event["type"], event["data"])`

/** Sample servers that verify events with the Svix library. */
export const endpointSnippets: readonly CodeSample[] = [
  { label: 'Express', code: express },
  { label: 'Python', code: python },
]
